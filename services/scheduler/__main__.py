"""`python -m services.scheduler serve | work | plan | migrate | settings`."""

from chassis.process import main
from services.scheduler.wiring import SERVICE

if __name__ == "__main__":
    main(SERVICE)
