"""Lists, page by page: what `AsyncClient.pages` and `Client.pages` return.

async for user in client.pages(client.management.ListUsers, ListUsersRequest()):
    print(user.user_name)
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.pagination.pages import AsyncPages as AsyncPages
    from zitadel_grpc.pagination.pages import Pages as Pages
    from zitadel_grpc.pagination.walk import PagesError as PagesError

__getattr__, __dir__, __all__ = lazy_exports(
    __name__, {"pages": ["AsyncPages", "Pages"], "walk": ["PagesError"]}
)
