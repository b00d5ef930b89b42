"""`python -m services.sales serve | work | migrate | settings`."""

from chassis.process import main
from services.sales.wiring import SERVICE

if __name__ == "__main__":
    main(SERVICE)
