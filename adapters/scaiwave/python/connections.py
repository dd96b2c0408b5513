"""Connects the configured database and Redis, if their packages are installed."""

from contextlib import asynccontextmanager

from plugmux_bridge.errors import BridgeError, describe

from .unavailable import NoDatabase


class Connections:
    """One engine and one client per process. They connect on first use."""

    def __init__(self, params):
        self._db_url = params.get("dbUrl")
        self._redis_url = params.get("redisUrl")
        self._sessions = None
        self._engine = None
        self._redis = None

    def prepare(self):
        """Reports missing packages and invalid URLs at start instead of at the first call."""
        if self._db_url:
            self._attempt("dbUrl", "sqlalchemy[asyncio] and the address's driver", self._make_engine)
        if self._redis_url:
            self._attempt("redisUrl", "redis", self._make_client)

    def _attempt(self, key, packages, make):
        try:
            make()
        except ImportError as error:
            missing = getattr(error, "name", None) or describe(error)
            raise BridgeError(
                "DEPENDENCY_MISSING",
                f'"{key}" requires the package {missing}, which is not installed.',
                f'Install {packages} in the environment of "python", for example with "install", or remove "{key}" from "context".',
            ) from error
        except Exception as error:  # noqa: BLE001 - the packages' own errors; what they say may hold the address
            fix = f'Correct "{key}" in "context".'
            raise BridgeError("CONFIG_INVALID", f'"{key}" is not a usable URL: {type(error).__name__}.', fix) from error

    def _make_engine(self):
        import greenlet  # noqa: F401 - SQLAlchemy itself misses it with the first query only
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        self._engine = create_async_engine(self._db_url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    def _make_client(self):
        from redis.asyncio import from_url

        self._redis = from_url(self._redis_url)

    @asynccontextmanager
    async def database(self):
        """A database session for one call, rolled back if the call fails."""
        if self._sessions is None:
            yield NoDatabase()
            return
        session = self._sessions()
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise
        finally:
            await session.close()

    def redis(self):
        """The Redis client, or None, as the original documents it."""
        return self._redis

    def close(self):
        """Returns an awaitable if anything was opened, else None."""
        return None if self._redis is None and self._engine is None else self._close()

    async def _close(self):
        if self._redis is not None:
            await self._redis.aclose()
        if self._engine is not None:
            await self._engine.dispose()
