"""Questions about proposed links: which wait, which were declined, which came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values

ProposalState = Literal["open", "declined", "decided"]
_LINK: Final = "EXISTS (SELECT 1 FROM links l WHERE l.case_id = t.case_id AND l.clip = t.clip)"
_STATES: Final[dict[ProposalState, str]] = {
    # A pair that was ever linked or unlinked is decided, by whomever.
    "open": f"t.declined_index IS NULL AND NOT {_LINK}",
    "declined": f"t.declined_index IS NOT NULL AND NOT {_LINK}",
    "decided": _LINK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A clip and a case that may belong together."""

    clip: str
    case_id: str
    index: int
    rule: str | None
    score: int  # per mille
    terms: tuple[str, ...]
    reason: str | None
    proposed_at: str
    declined_index: int | None
    declined_at: str | None
    declined_actor: str | None
    declined_reason: str | None


_PROPOSALS: Final = selected(ProposalRow, "link_proposals")


class LinkQueries(Reading):
    """See the module."""

    def proposals(
        self,
        state: ProposalState = "open",
        *,
        case_id: str | None = None,
        clip: str | None = None,
        after: int = -1,
        limit: int = 200,
    ) -> list[ProposalRow]:
        """Proposals in a state, of one case or clip or of all, by the index of their entry, from behind `after`."""
        of = [f't."index" > :after AND {_STATES[state]}']
        said: dict[str, str] = {}
        for column, value in (("case_id", case_id), ("clip", clip)):
            if value is not None:
                of.append(f"t.{column} = :{column}")
                said[column] = value
        sql = f'{_PROPOSALS} WHERE {" AND ".join(of)} ORDER BY t."index" LIMIT :most'
        return values(ProposalRow, self._rows(sql, **said, after=after, most=limit))

    def proposal(self, clip: str, case_id: str) -> ProposalRow | None:
        """The newest word on a pair."""
        sql = f"{_PROPOSALS} WHERE t.clip = :clip AND t.case_id = :case"
        return next(iter(values(ProposalRow, self._rows(sql, clip=clip, case=case_id))), None)

    def count_proposals(self, state: ProposalState = "open") -> int:
        """How many are in a state."""
        row = self._one(f"SELECT count(*) FROM link_proposals t WHERE {_STATES[state]}")  # noqa: S608 - ours
        return 0 if row is None else int(row[0])
