"""What a plugin's context holds outside of the original's server."""


class NotAvailable(RuntimeError):
    """Something of the original that the gateway does not have; its text may be shown."""

    # For the log: what the owner can do about it.
    supply = 'A database is there with "context": { "dbUrl": "<SQLAlchemy address>" } in the entry of mcp.json.'


class NotConfigured(AttributeError):
    """A setting that the configuration does not have; its text may be shown."""


class NoDatabase:
    """Stands where the database would: false, and an error as soon as somebody uses it."""

    def __bool__(self):
        return False

    def __getattr__(self, name):
        raise NotAvailable(f"ctx.db is not available outside ScaiWave (attribute '{name}')")

    def __call__(self, *args, **named):
        raise NotAvailable("ctx.db is not available outside ScaiWave (call)")

    def __await__(self):
        raise NotAvailable("ctx.db is not available outside ScaiWave (await)")

    async def __aenter__(self):
        raise NotAvailable("ctx.db is not available outside ScaiWave (async with)")

    async def __aexit__(self, *exc):
        return None


class Values:
    """A mapping as attributes; what is missing names the key that would supply it."""

    def __init__(self, values, what, key):
        self.__dict__["_Values__parts"] = (values, what, key)

    def __getattr__(self, name):
        # A copy of it is asked for some before it has its values.
        if "_Values__parts" not in self.__dict__:
            raise AttributeError(name)
        values, what, key = self.__dict__["_Values__parts"]
        if name in values:
            return values[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotConfigured(f'{what}.{name} is not configured: add "{name}" to {key} of the entry in mcp.json')

    def __setattr__(self, name, value):
        raise AttributeError(f"{self.__dict__['_Values__parts'][1]} cannot be changed")

    def __dir__(self):
        return sorted(self.__dict__["_Values__parts"][0])

    def __repr__(self):
        return f"<{self.__dict__['_Values__parts'][1]}: {', '.join(dir(self))}>"
