from chassis.errors import BackroomError
from services.mail.domain import errors
from services.mail.rpc.status import STATUS


def test_every_error_of_mail_has_its_code() -> None:
    own = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, BackroomError) and kind.__module__ == errors.__name__
    }
    leaves = {kind for kind in own if not any(other is not kind and issubclass(other, kind) for other in own)}
    assert set(STATUS) == leaves
