"""How errors of sales cross the wire: the one table from error to status code.

What sales refuses is common to every service, so chassis' general table answers most of it.
"""

from typing import Final

import grpc

from chassis.rpc.status import Table
from services.sales.domain.errors import DayClosed

STATUS: Final[Table] = {DayClosed: grpc.StatusCode.FAILED_PRECONDITION}
