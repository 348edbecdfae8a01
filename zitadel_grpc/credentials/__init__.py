"""Who am I: the kinds of credentials, each an object that says how to obtain a token.

Those that ask a token endpoint take `scopes=` and `project_ids=`, which add to what ZITADEL's own APIs need.
"""

from zitadel_grpc.credentials.base import Credentials, Token
from zitadel_grpc.credentials.client import ApplicationKey, ClientAuthentication, ClientCredentials
from zitadel_grpc.credentials.exchange import TokenExchange
from zitadel_grpc.credentials.jwt_profile import JwtProfile
from zitadel_grpc.credentials.static import AccessToken, PersonalAccessToken
from zitadel_grpc.credentials.system_user import SystemUser

__all__ = [
    "AccessToken",
    "ApplicationKey",
    "ClientAuthentication",
    "ClientCredentials",
    "Credentials",
    "JwtProfile",
    "PersonalAccessToken",
    "SystemUser",
    "Token",
    "TokenExchange",
]
