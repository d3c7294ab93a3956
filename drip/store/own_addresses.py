"""Where the clinic's people get tests: addresses that they have shown to be their own."""

from sqlalchemy import select, update

from drip.core.model import Channel
from drip.store.database import Tx
from drip.store.staff_schema import accounts

_COLUMNS = {Channel.EMAIL: accounts.c.email, Channel.SMS: accounts.c.phone}


def of_account(tx: Tx, account_id: str) -> dict[Channel, str]:
    """Their address on each channel that they have one for."""
    query = select(*(column.label(channel.value) for channel, column in _COLUMNS.items()))
    row = tx.connection.execute(query.where(accounts.c.id == account_id)).mappings().one()
    return {
        channel: tx.vault.unseal(_place(channel), account_id, row[channel.value]).decode()
        for channel in Channel
        if row[channel.value]
    }


def save(tx: Tx, account_id: str, channel: Channel, address: str) -> None:
    """This is theirs from now on; empty takes it away."""
    sealed = tx.vault.seal(_place(channel), account_id, address.encode()) if address else None
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values({_COLUMNS[channel]: sealed}))


def _place(channel: Channel) -> str:
    return f"accounts.{_COLUMNS[channel].name}"
