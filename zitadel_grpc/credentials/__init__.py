"""Who am I: the kinds of credentials, each an object that says how to obtain a token.

Those that ask a token endpoint take `scopes=` and `project_ids=`, which add to what ZITADEL's own APIs need.
"""

from zitadel_grpc.credentials._base import Credentials, Token
from zitadel_grpc.credentials._client import ApplicationKey, ClientAuthenticator, ClientCredentials
from zitadel_grpc.credentials._exchange import TokenExchange
from zitadel_grpc.credentials._jwt_profile import JwtProfile
from zitadel_grpc.credentials._static import AccessToken, PersonalAccessToken
from zitadel_grpc.credentials._system_user import SystemUser

__all__ = [
    "AccessToken",
    "ApplicationKey",
    "ClientAuthenticator",
    "ClientCredentials",
    "Credentials",
    "JwtProfile",
    "PersonalAccessToken",
    "SystemUser",
    "Token",
    "TokenExchange",
]
