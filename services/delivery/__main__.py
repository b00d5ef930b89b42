"""serve | work | migrate | settings."""

from chassis.process import main
from services.delivery.wiring import SERVICE

if __name__ == "__main__":
    main(SERVICE)
