"""From what a far end does to what lies in the inbox: the reason, what to do, and what happens by itself."""

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.embedded.server import free_ports
from tests.journeys.asking import do, make
from tests.journeys.night import Night

NOT_SAVED = "La tâche a renvoyé les erreurs suivantes : Erreur lors de la sauvegarde du résultat sur le support choisi"


def told(night: Night, run: scheduler_pb2.Run) -> tuple[str, str]:
    """Subject and body of the message about a run that did not go well."""
    inbox = night.connection.inbox
    (listed,) = inbox.ListMessages(scheduler_pb2.ListMessagesRequest(filter=f'run = "{run.name}"')).messages
    message = inbox.GetMessage(scheduler_pb2.GetMessageRequest(name=listed.name))
    assert message.error
    return message.subject, message.body


def test_a_dead_server_is_named_before_anything_is_done(shop: Night) -> None:
    (port,) = free_ports(1)
    ftp = delivery_pb2.Ftp(host="127.0.0.1", port=port, user_name="edi", password="secret")
    make(shop, "muet", delivery_pb2.Destination(ftp=ftp))
    run = do(shop, "sales.export", "destinations/muet", "ventes.csv")
    assert run.state == scheduler_pb2.Run.STATE_NOT_EXECUTED, run
    subject, body = told(shop, run)
    assert subject == "sales.export : non exécutée"
    assert body.startswith(f"{NOT_SAVED} (muet) : Le serveur 127.0.0.1 refuse la connexion sur le port {port} (")
    assert body.endswith("\nVérifiez l'adresse et le port, et que le serveur est démarré.")


def test_a_file_that_is_refused_is_told_with_the_reason_and_waits(shop: Night) -> None:
    folder = shop.outgoing / "refus"
    (folder / "ventes.csv").mkdir(parents=True)  # it can be written, and not get its name
    make(shop, "refus", delivery_pb2.Destination(server_path=delivery_pb2.ServerPath(folder=str(folder))))
    first, last = (day.isoformat() for day in shop.chosen.business_days)
    days = {"first_date": first, "last_date": last}
    run = do(shop, "sales.export", "destinations/refus", "ventes.csv", days)
    assert run.state == scheduler_pb2.Run.STATE_SPOOLED, run
    subject, body = told(shop, run)
    assert subject == "sales.export : fichiers en attente d'envoi"
    assert f"{NOT_SAVED} (refus) : Le fichier {folder}/ventes.csv est refusé (" in body
    assert body.endswith("\nLes fichiers restent en attente et seront envoyés ultérieurement.")
    for file in run.files:  # others find the shop at rest
        shop.connection.delivery.DiscardFile(delivery_pb2.DiscardFileRequest(name=file.name, reason="essai"))
