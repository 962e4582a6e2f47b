"""What a mutation does when it is sent twice: every one has a key, or a reason why it needs none."""

from graphql import GraphQLInputObjectType, build_schema, get_named_type

from schema.root import print_schema

ENDS_ONCE = "What has ended is not there to be ended again: NOT_FOUND."
SAME_AGAIN = "It says how something is to be; said again it is so already."
PROOF = "Its code or password is used up, or changed, by the first one; wrong tries are counted."
OWN_SECOND = "A second one is one more of the caller's own, which they see and end themselves."
WITHOUT_KEY = {
    "grantRevoke": ENDS_ONCE,
    "apiKeyRevoke": ENDS_ONCE,
    "sessionRevoke": ENDS_ONCE,
    "uploadDelete": ENDS_ONCE,
    "invitationAccept": ENDS_ONCE,
    "invitationDecline": ENDS_ONCE,
    "secondFactorRemove": ENDS_ONCE,
    "logout": SAME_AGAIN,
    "roleSave": SAME_AGAIN + " A new role's name is taken the second time: CONFLICT.",
    "loginAlertsSet": SAME_AGAIN,
    "approvalThresholdSet": SAME_AGAIN,
    "login": PROOF,
    "passkeyLogin": PROOF,
    "passwordReset": PROOF,
    "passwordChange": PROOF,
    "stepUp": PROOF,
    "secondFactorTotpConfirm": PROOF,
    "passkeyAdd": PROOF,
    "loginCodeRequest": "Codes are sent at intervals only.",
    "passkeyLoginBegin": "It changes nothing: a challenge is kept nowhere but with the browser.",
    "passkeyAddBegin": "It changes nothing: a challenge is kept nowhere but with the browser.",
    "secondFactorTotpAdd": OWN_SECOND,
    "recoveryCodesRenew": "The last answer is the one that counts, and the only one that was seen.",
    "accessApplicationSubmit": "A stranger has no keys; the staff is shown that an application is there already.",
}


def test_every_mutation_has_an_idempotency_key_or_a_reason_to_have_none() -> None:
    mutation = build_schema(print_schema()).mutation_type
    assert mutation is not None
    with_key = set()
    for name, field in mutation.fields.items():
        inputs = [get_named_type(argument.type) for argument in field.args.values()]
        fields = {each for type in inputs if isinstance(type, GraphQLInputObjectType) for each in type.fields}
        if "idempotencyKey" in fields | field.args.keys():
            with_key.add(name)

    assert {name for name in mutation.fields if name not in with_key} == WITHOUT_KEY.keys()
