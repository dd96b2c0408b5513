"""The real database and the real Redis, where the configuration names them and their packages are installed."""

from contextlib import asynccontextmanager

from plugmux_bridge.errors import BridgeError

from .surroundings import NoDatabase


class Connections:
    """Opened on the loop with the first call; one engine and one client for the whole process."""

    def __init__(self, params):
        self._db_url = params.get("dbUrl")
        self._redis_url = params.get("redisUrl")
        self._sessions = None
        self._engine = None
        self._redis = None

    def check(self):
        """Fails at the start, and not with the first call, where a package is missing."""
        from importlib.util import find_spec

        for url, package, key in ((self._db_url, "sqlalchemy", "dbUrl"), (self._redis_url, "redis", "redisUrl")):
            if url and find_spec(package) is None:
                fix = f'Install {package} in the environment of "python", or take "{key}" out of "context".'
                raise BridgeError("DEPENDENCY_MISSING", f'"{key}" needs the package {package}, which is not installed.', fix)

    @asynccontextmanager
    async def database(self):
        """A session of its own for one call, rolled back where the call fails."""
        if not self._db_url:
            yield NoDatabase()
            return
        if self._sessions is None:
            from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

            self._engine = create_async_engine(self._db_url)
            self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        session = self._sessions()
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise
        finally:
            await session.close()

    def redis(self):
        """A client, or None as the original documents it."""
        if self._redis_url and self._redis is None:
            from redis.asyncio import from_url

            self._redis = from_url(self._redis_url)
        return self._redis

    def close(self):
        """Something to await where anything was opened."""
        return None if self._redis is None and self._engine is None else self._close()

    async def _close(self):
        if self._redis is not None:
            await self._redis.aclose()
        if self._engine is not None:
            await self._engine.dispose()
