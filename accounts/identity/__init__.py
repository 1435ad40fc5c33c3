"""Identity services: banks, the state and signature centres that say who a person is, over OpenID Connect."""
