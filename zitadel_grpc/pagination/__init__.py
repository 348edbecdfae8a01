"""Lists, page by page: what `AsyncClient.paginate` and `Client.paginate` return.

async for user in client.paginate(client.management.ListUsers, ListUsersRequest()):
    print(user.user_name)
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.pagination._pagers import AsyncPager as AsyncPager
    from zitadel_grpc.pagination._pagers import Pager as Pager
    from zitadel_grpc.pagination._walk import PaginationError as PaginationError

__getattr__, __dir__, __all__ = lazy_exports(
    __name__, {"_pagers": ["AsyncPager", "Pager"], "_walk": ["PaginationError"]}
)
