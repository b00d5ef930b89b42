"""`python -m services.mail serve | work | migrate | settings`."""

from chassis.process import main
from services.mail.wiring import SERVICE

if __name__ == "__main__":
    main(SERVICE)
