"""How a gateway says that it did not take a message."""


class GatewayError(Exception):
    """Not sent. `permanent`: another attempt would be refused too. The text holds nothing personal."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
