"""Second factors of employees and passkeys of everybody: django-allauth keeps them, our pages ask for them."""
