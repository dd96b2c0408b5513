"""Placeholders for parts of a plugin's context outside the original's server."""


class NotAvailable(RuntimeError):
    """A feature of the original that the gateway does not have. The message may be shown."""

    # For the log: how the operator can provide it.
    supply = 'To provide a database, set "context": { "dbUrl": "<SQLAlchemy URL>" } in the entry of mcp.json.'


class NotConfigured(AttributeError):
    """A setting that is not configured. The message may be shown."""


class NoDatabase:
    """Placeholder for a database: falsy, and raises NotAvailable when used."""

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
    """A mapping with attribute access. A missing attribute's error names the configuration key."""

    def __init__(self, values, what, key):
        self.__dict__["_Values__parts"] = (values, what, key)

    def __getattr__(self, name):
        # copy() and pickle read attributes before the values are set.
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
