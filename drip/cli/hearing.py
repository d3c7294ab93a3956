"""Whether patients' replies reach us, as the configured providers say of themselves: for the checks of questions."""

from drip.app import build_providers
from drip.content.check_questions import Hears
from drip.core.clinic import Clinic
from drip.settings import WrongSettings, read_settings


def hears(clinic: Clinic | None) -> Hears:
    """By channel; true where every provider that may carry it brings replies.

    Nothing is said of a channel whose messages stay on this machine, nor while the settings do not name providers that
    can be built: the clinic's own file decides then.
    """
    if clinic is None:
        return {}
    try:
        providers = build_providers(read_settings(), clinic)
    except WrongSettings:
        return {}
    told = {channel: [one.ability for one in road if one.ability.is_remote] for channel, road in providers.items()}
    for one in {id(one): one for road in providers.values() for one in road}.values():
        one.close()
    return {channel: all(one.is_two_way for one in abilities) for channel, abilities in told.items() if abilities}
