"""Orders of cards, and their payment."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.base import PageQuery
from gateway.schemas.orders import (
    EmailChangeAnswer,
    EmailChangeRequest,
    EmailConfirmationRequest,
    OrderRequest,
    OwnOrdersAnswer,
    PaymentAnswer,
    PlacedOrderAnswer,
    WholeOrderAnswer,
)

orders = Resource(
    "orders", "Orders of cards. Whoever placed one reads it with a token or its `order_secret`."
)


@orders.post(
    "/orders", access=access_of("cards.place_order"), body=OrderRequest, answer=PlacedOrderAnswer, status=201
)
async def place_order(call: Call) -> Any:
    """Order a card."""
    return await ask(call.services.cards.place_order, idempotency_key=call.key, order=call.body)  # type: ignore[arg-type]


@orders.get("/me/orders", access=access_of("cards.find_own_orders"), query=PageQuery, answer=OwnOrdersAnswer)
async def find_own_orders(call: Call) -> Any:
    """A holder's own orders with their cards, the newest first."""
    return await ask(call.services.cards.find_own_orders, **call.query)


@orders.get(
    "/orders/<id:order_id>", access=access_of("cards.get_order"), secret=True, answer=WholeOrderAnswer
)
async def get_order(call: Call, order_id: str) -> Any:
    """An order with its checks, its payment and its card."""
    order = await ask(call.services.cards.get_order, order_id=order_id, order_secret=call.order_secret)
    # `cards` has just judged who may see this order; the others know orders by id only.
    platform = call.services.as_service()
    application = await ask(platform.identity.get_application, order_id=order_id)
    payment = (
        await ask(platform.wallet.find_payment, order_id=order_id) if order["amount_due_cents"] else None
    )
    return {**order, "checks": application["checks"], "payment": payment}


@orders.post(
    "/orders/<id:order_id>/payment",
    access=access_of("wallet.start_payment"),
    secret=True,
    answer=PaymentAnswer,
    status=201,
)
async def start_payment(call: Call, order_id: str) -> Any:
    """Start, or go on with, the payment of an order; send the person to `redirect_url`."""
    return await ask(
        call.services.wallet.start_payment,
        idempotency_key=call.key,
        order_id=order_id,
        order_secret=call.order_secret,
    )


@orders.post(
    "/orders/<id:order_id>/email-changes",
    access=access_of("identity.request_email_change"),
    secret=True,
    body=EmailChangeRequest,
    answer=EmailChangeAnswer,
    status=202,
)
async def request_email_change(call: Call, order_id: str) -> Any:
    """Have a code mailed to another address; nothing changes before it is confirmed."""
    return await ask(
        call.services.identity.request_email_change,
        idempotency_key=call.key,
        order_id=order_id,
        order_secret=call.order_secret,
        email=call.body["email"],
    )


@orders.post(
    "/orders/<id:order_id>/email-changes/confirm",
    access=access_of("identity.confirm_email_change"),
    secret=True,
    body=EmailConfirmationRequest,
    status=204,
)
async def confirm_email_change(call: Call, order_id: str) -> None:
    """Change the order's address to the one that the code was mailed to; the voucher follows."""
    await ask(
        call.services.identity.confirm_email_change,
        idempotency_key=call.key,
        order_id=order_id,
        order_secret=call.order_secret,
        code=call.body["code"],
    )


@orders.post(
    "/orders/<id:order_id>/voucher-mails",
    access=access_of("notify.send_voucher_again"),
    secret=True,
    status=202,
)
async def send_voucher_again(call: Call, order_id: str) -> None:
    """Mail the voucher of the order's card once more, to the address that holds now."""
    await ask(
        call.services.notify.send_voucher_again,
        idempotency_key=call.key,
        order_id=order_id,
        order_secret=call.order_secret,
    )
