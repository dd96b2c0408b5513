"""Permissions by value, from enum members or strings."""


def values_of(permissions):
    return [str(getattr(permission, "value", permission)) for permission in permissions or ()]
