"""Console is people's door: a command line that speaks the contracts and nothing else."""

import os

# gRPC reads it when it is first imported: below ERROR it tells a person's terminal about connections that come and go.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
