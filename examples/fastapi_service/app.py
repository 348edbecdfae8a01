"""A FastAPI service that stores people in ZITADEL. One client serves all requests.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\
        uvicorn --app-dir examples/fastapi_service app:app

The key belongs to a service user that may manage users of its organization (ORG_USER_MANAGER). `test_app.py`
shows how to test the service without a ZITADEL server.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from zitadel_grpc import AsyncClient
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.user.v2 import (
    CreateUserRequest,
    DeleteUserRequest,
    GetUserByIDRequest,
    SetHumanEmail,
    SetHumanProfile,
)
from zitadel_grpc.errors import AlreadyExists, InvalidArgument, NotFound, ZitadelError

log = logging.getLogger(__name__)


class NewPerson(BaseModel):
    email: str
    given_name: str
    family_name: str


class Person(NewPerson):
    id: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Starts only if ZITADEL can be reached. The client renews its token automatically."""
    async with AsyncClient.from_env() as zitadel:
        response = await zitadel.management.GetMyOrg(GetMyOrgRequest())
        app.state.zitadel, app.state.organization_id = zitadel, response.org.id
        yield


def client_of(request: Request) -> AsyncClient:
    client: AsyncClient = request.app.state.zitadel
    return client


Zitadel = Annotated[AsyncClient, Depends(client_of)]
app = FastAPI(lifespan=lifespan)


@app.post("/people", status_code=201)
async def add_person(new: NewPerson, zitadel: Zitadel, request: Request) -> Person:
    human = CreateUserRequest.Human(
        profile=SetHumanProfile(given_name=new.given_name, family_name=new.family_name),
        email=SetHumanEmail(email=new.email, is_verified=True),
    )
    created = await zitadel.user_v2.CreateUser(
        CreateUserRequest(organization_id=request.app.state.organization_id, username=new.email, human=human)
    )
    return Person(id=created.id, **new.model_dump())


@app.get("/people/{person_id}")
async def get_person(person_id: str, zitadel: Zitadel) -> Person:
    user = (await zitadel.user_v2.GetUserByID(GetUserByIDRequest(user_id=person_id))).user
    profile = user.human.profile
    return Person(
        id=user.user_id,
        email=user.human.email.email,
        given_name=profile.given_name,
        family_name=profile.family_name,
    )


@app.delete("/people/{person_id}", status_code=204)
async def remove_person(person_id: str, zitadel: Zitadel) -> None:
    await zitadel.user_v2.DeleteUser(DeleteUserRequest(user_id=person_id))


@app.exception_handler(ZitadelError)
async def error_response(request: Request, error: ZitadelError) -> JSONResponse:
    """Reports errors of the caller to the caller, and errors of this service to its log."""
    match error:
        case NotFound() if error.error_id != "AUTHZ-cdgFk":  # AUTHZ-cdgFk: this service user has no role
            return JSONResponse({"detail": "person not found"}, 404)
        case AlreadyExists():
            return JSONResponse({"detail": "person already exists"}, 409)
        case InvalidArgument():
            return JSONResponse({"detail": error.message}, 422)
    log.error("ZITADEL rejected the request or cannot be reached: %s", error)
    return JSONResponse({"detail": "people are temporarily unavailable"}, 503)
