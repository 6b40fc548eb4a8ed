"""`optroll keeper`: liquidations, due orders, settlement, funding, listing, in the foreground, for whoever wants them in time."""

import os
from functools import partial
from pathlib import Path

import rich_click as click
import trio

from rollup.commands.asking import ANSWER_S, source_options
from rollup.commands.output import FiniteRange
from rollup.configuration import DevnetConfig, KeyConfig, load, load_genesis
from rollup.core.transport import TransportError
from rollup.devnet.record import DevnetError, Record, read
from rollup.keeper import Keeper
from rollup.keystore import load_secret
from rollup.net.client import HttpRpcClient
from rollup.paying import INTERVAL_S, Payer
from rollup.rolling import roll


@click.command()
@source_options("sequencer")
@click.option("--genesis", type=click.Path(path_type=Path), help="Genesis file. [default: the devnet's]")
@click.option("--account", type=click.IntRange(1), help="The keeper's own account. [default: the devnet's first]")
@click.option("--keystore", type=click.Path(path_type=Path), help="Its key. [default: the devnet's]")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="File with the keystore's passphrase.")
@click.option("--interval", type=FiniteRange(0.1), default=5.0, show_default=True, help="Seconds between two rounds.")
@click.option(
    "--funding-interval",
    type=FiniteRange(0),
    default=INTERVAL_S,
    show_default=True,
    help="Seconds between two rounds of funding payments; 0 for none.",
)
@click.option("--once", is_flag=True, help="Go through all accounts once, then end.")
def command(rpc: str | None, directory: Path | None, interval: float, funding_interval: float, once: bool, **own: object) -> None:  # noqa: FBT001  # click calls it
    """Put accounts that lack their maintenance margin up for sale, end auctions that are over, and fire stop-loss and take-profit orders.

    Fix the prices of expiries, settle holders, take away what is over, and list the strikes that the rule asks for. Let funding be paid.

    The keeper needs an account, not money: anybody may run one, and several do no harm. It bids for nothing.
    """
    place = (directory or load(DevnetConfig, None, os.environ).data_directory).absolute()
    keeper = keeper_of(rpc, place, **own)  # type: ignore[arg-type]  # click has checked them
    trio.run(partial(keep, keeper, None if once else interval, funding_interval))


def keeper_of(
    rpc: str | None, place: Path, genesis: Path | None, account: int | None, keystore: Path | None, passphrase_file: Path | None
) -> Keeper:
    """Return a keeper as the options say; what they leave open is the devnet's. Raises DevnetError, ConfigurationError, KeystoreError."""
    devnet: Record | None = None if rpc and genesis and account and keystore else read(place)
    agreed = load_genesis(genesis or Path(devnet.genesis if devnet else ""))
    url = rpc or next(node.url for node in (devnet.nodes if devnet else ()) if node.role == "sequencer")
    client = HttpRpcClient(url, timeout_s=ANSWER_S)
    if keystore is not None:
        secret = load_secret(KeyConfig(keystore=keystore, passphrase_file=passphrase_file), l1_chain_id=agreed.chain.l1_chain_id)
        if account is None:
            raise click.UsageError("--keystore needs --account: the account that the key may trade for.")
        return Keeper(agreed, client, account, secret)
    for each in devnet.accounts if devnet else ():
        if account in (None, each.subaccount):
            return Keeper(agreed, client, each.subaccount, bytes.fromhex(each.secret.removeprefix("0x")))
    raise DevnetError("account of the devnet", received=account, expected="one that it has funded, or a --keystore")


async def keep(keeper: Keeper, interval_s: float | None, funding_interval_s: float) -> None:
    """Go round until cancelled, or once. What fails in a later round is told, and tried again."""
    payer = Payer(keeper, trio.current_time, funding_interval_s)
    while True:
        try:
            for deed in await keeper.round() + await roll(keeper) + await payer.pay():
                click.echo(f"{deed.kind.name.lower()} of {deed.about}: {deed.status}")
        except TransportError as error:
            if interval_s is None:
                raise
            click.echo(f"{error}; trying again", err=True)
        if interval_s is None:
            await keeper.rpc.aclose()
            return
        await trio.sleep(interval_s)
