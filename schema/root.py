"""The schema: its queries, mutations and subscriptions by noun, put together."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.api_keys import ApiKeyMutation
from schema.applications import ApplicationMutation, ApplicationQuery
from schema.bulk_change_steps import BulkChangeMutation
from schema.bulk_change_updates import BulkChangeSubscription
from schema.bulk_changes import BulkChangeQuery
from schema.companies import CompanyQuery
from schema.costs import CostQuery
from schema.explanations import ExplanationQuery
from schema.federation import FederationQuery
from schema.grants import GrantMutation
from schema.invitations import InvitationMutation
from schema.node import NodeQuery
from schema.number_changes import NumberChangeMutation, NumberChangeQuery
from schema.number_updates import NumberSubscription
from schema.numbers import NumberQuery
from schema.options import OptionQuery
from schema.passkeys import PasskeyMutation
from schema.passwords import PasswordMutation
from schema.registers import RegisterMutation
from schema.roles import RoleMutation, RoleQuery
from schema.scalars import SCALARS
from schema.second_factor_resets import SecondFactorResetMutation
from schema.second_factors import SecondFactorMutation
from schema.sessions import SessionMutation
from schema.tariffs import TariffQuery
from schema.uploads import UploadMutation
from schema.viewer import ViewerQuery


@strawberry.type(description="What can be read.")
class Query(
    FederationQuery,
    CostQuery,
    ApplicationQuery,
    RoleQuery,
    ExplanationQuery,
    BulkChangeQuery,
    NumberChangeQuery,
    OptionQuery,
    TariffQuery,
    NumberQuery,
    CompanyQuery,
    NodeQuery,
    ViewerQuery,
):
    """Fields stand in the order of the bases, the last one first."""


@strawberry.type(description="What can be done.")
class Mutation(
    BulkChangeMutation,
    NumberChangeMutation,
    ApplicationMutation,
    UploadMutation,
    RegisterMutation,
    ApiKeyMutation,
    GrantMutation,
    RoleMutation,
    PasskeyMutation,
    SecondFactorResetMutation,
    SecondFactorMutation,
    PasswordMutation,
    InvitationMutation,
    SessionMutation,
):
    """Fields stand in the order of the bases, the last one first."""


@strawberry.type(description="What can be followed.")
class Subscription(BulkChangeSubscription, NumberSubscription):
    """Fields stand in the order of the bases, the last one first."""


def build_schema() -> strawberry.Schema:
    """The schema, for the engine."""
    return strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS))


def print_schema() -> str:
    """The schema as SDL: what schema.graphql holds."""
    return build_schema().as_str() + "\n"
