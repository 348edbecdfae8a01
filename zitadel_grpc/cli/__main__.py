"""`python -m zitadel_grpc.cli`."""

import sys

from zitadel_grpc.cli import main

sys.exit(main())
