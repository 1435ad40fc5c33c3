"""The payment document on paper: the statutory forms drawn with lib/paper, one to a file or a whole house in one."""
