"""How errors of clients cross the wire: the one table from error to status code.

What clients refuses is common to every service, so chassis' general table answers all of it; an error of our
own goes here.
"""

from typing import Final

from chassis.rpc.status import Table

STATUS: Final[Table] = {}
