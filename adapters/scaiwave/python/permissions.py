"""Permissions by value: members of an enum or plain texts."""


def values_of(permissions):
    return [str(getattr(permission, "value", permission)) for permission in permissions or ()]
