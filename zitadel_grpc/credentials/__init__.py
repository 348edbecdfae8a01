"""The kinds of credentials. Each object fetches a token, and keeps it fresh for all clients that use it.

    from zitadel_grpc.credentials import JwtProfile

    credentials = JwtProfile.from_file("key.json")

| kind | for |
|---|---|
| `JwtProfile` | a service user with a key file |
| `ClientCredentials` | a service user with a client id and secret |
| `PersonalAccessToken` | a service user with a PAT |
| `AccessToken` | a token from elsewhere, or a function that returns one |
| `TokenExchange` | one token for another, and impersonation; with `ApplicationKey` or `ClientCredentials` |
| `SystemUser` | the System API |

Kinds that use a token endpoint take `scopes=` and `project_ids=`, in addition to the scopes that ZITADEL's
APIs need. To add your own kind, subclass `Credentials`. Names are loaded when they are first used, so a
program does not pay for the kinds that it does not use.
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.credentials._access_token import AccessToken as AccessToken
    from zitadel_grpc.credentials._application_key import ApplicationKey as ApplicationKey
    from zitadel_grpc.credentials._base import Credentials as Credentials
    from zitadel_grpc.credentials._client_authentication import ClientAuthentication as ClientAuthentication
    from zitadel_grpc.credentials._client_authentication import ClientAuthenticator as ClientAuthenticator
    from zitadel_grpc.credentials._client_credentials import ClientCredentials as ClientCredentials
    from zitadel_grpc.credentials._jwt_profile import JwtProfile as JwtProfile
    from zitadel_grpc.credentials._personal_access_token import PersonalAccessToken as PersonalAccessToken
    from zitadel_grpc.credentials._refresh_context import RefreshContext as RefreshContext
    from zitadel_grpc.credentials._system_user import SystemUser as SystemUser
    from zitadel_grpc.credentials._token import Token as Token
    from zitadel_grpc.credentials._token_exchange import TokenExchange as TokenExchange
    from zitadel_grpc.credentials._token_exchange import TokenType as TokenType
    from zitadel_grpc.credentials._token_server import TokenServer as TokenServer

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "_access_token": ["AccessToken"],
        "_application_key": ["ApplicationKey"],
        "_base": ["Credentials"],
        "_client_authentication": ["ClientAuthentication", "ClientAuthenticator"],
        "_client_credentials": ["ClientCredentials"],
        "_jwt_profile": ["JwtProfile"],
        "_personal_access_token": ["PersonalAccessToken"],
        "_refresh_context": ["RefreshContext"],
        "_system_user": ["SystemUser"],
        "_token": ["Token"],
        "_token_exchange": ["TokenExchange", "TokenType"],
        "_token_server": ["TokenServer"],
    },
)
