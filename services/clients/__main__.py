"""`python -m services.clients serve | work | migrate | settings`."""

from chassis.process import main
from services.clients.wiring import SERVICE

if __name__ == "__main__":
    main(SERVICE)
