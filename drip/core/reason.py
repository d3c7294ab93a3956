"""Why a message is where it is: a closed list, each with a sentence for people."""

from enum import StrEnum


class Reason(StrEnum):
    """One word for machines; `sentence` for staff. Empty while nothing has happened."""

    NONE = ""
    LATE = "late"
    MERGED = "merged"
    CONDITION = "condition"
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    SUPPRESSED_BY_PATIENT = "suppressed_by_patient"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DECEASED = "deceased"
    UNDER_AGE = "under_age"
    NOT_ALLOW_LISTED = "not_allow_listed"
    EXPIRED = "expired"
    CAPPED = "capped"
    WINDOW = "window"
    INTERLOCK = "interlock"
    PAUSED = "paused"
    REVIEW_DUE = "review_due"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_MOVED = "appointment_moved"
    NO_SHOW = "no_show"
    ENDED = "ended"
    SUPERSEDED_BY_VERSION = "superseded_by_version"
    UNKNOWN_SUBTYPE = "unknown_subtype"
    TEMPLATE_ERROR = "template_error"
    ADDRESS_REFUSED = "address_refused"
    CONTENT_REFUSED = "content_refused"
    ACCOUNT_REFUSED = "account_refused"
    NO_RECEIPT = "no_receipt"
    NOT_CALLED = "not_called"
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"
    RESENT_BY_STAFF = "resent_by_staff"
    UNRESOLVED = "unresolved"
    MERGED_PATIENT = "merged_patient"
    ERASED = "erased"
    FACTS_CHANGED = "facts_changed"
    TURNED = "turned"
    AWAITING_APPROVAL = "awaiting_approval"
    RUNAWAY = "runaway"
    NOT_DELIVERED = "not_delivered"
    REMINDED_ELSEWHERE = "reminded_elsewhere"
    TREATMENT_CORRECTED = "treatment_corrected"
    PROGRAMME_REPLACED = "programme_replaced"
    SURGERY = "surgery"
    SILENCE = "silence"
    RESUMED_LATE = "resumed_late"
    SKIPPED_BY_STAFF = "skipped_by_staff"
    MOVED_BY_STAFF = "moved_by_staff"
    ENDED_BY_STAFF = "ended_by_staff"

    @property
    def sentence(self) -> str:
        """What staff read, as the end of 'This message was ... because ...'."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.NONE: "",
    Reason.LATE: "its time had already passed when the patient joined or the date moved",
    Reason.MERGED: "another occurrence of the same step falls on the same day",
    Reason.CONDITION: "the step's condition was not met",
    Reason.NO_ADDRESS: "there is no usable address or number for this channel",
    Reason.NO_CONSENT: "the patient has not agreed to this kind of message on this channel",
    Reason.SUPPRESSED_BY_PATIENT: "the patient asked us to stop",
    Reason.BOUNCED: "earlier messages to this address bounced",
    Reason.COMPLAINED: "the patient reported an earlier message as unwanted",
    Reason.DECEASED: "the patient has died",
    Reason.UNDER_AGE: "the patient is under 16 and no parent or carer contact is known",
    Reason.NOT_ALLOW_LISTED: "drip is not live and this recipient is not on the allow list",
    Reason.EXPIRED: "it could not go in time to still be useful",
    Reason.CAPPED: "the patient had already heard from us often enough",
    Reason.WINDOW: "the clinic's sending hours are closed",
    Reason.INTERLOCK: "a safety rule holds this kind of message back",
    Reason.PAUSED: "sending is paused",
    Reason.REVIEW_DUE: "the content is past its review date",
    Reason.APPOINTMENT_CANCELLED: "the appointment was cancelled",
    Reason.APPOINTMENT_MOVED: "the appointment moved to another day",
    Reason.NO_SHOW: "the patient did not attend",
    Reason.ENDED: "the sequence ended for this patient",
    Reason.SUPERSEDED_BY_VERSION: "a newer version of the sequence no longer has this step",
    Reason.UNKNOWN_SUBTYPE: "the tendon subtype is not known, so no loading plan is safe to choose",
    Reason.TEMPLATE_ERROR: "the words could not be made for this patient",
    Reason.ADDRESS_REFUSED: "the provider refused this address or number",
    Reason.CONTENT_REFUSED: "the provider refused these words",
    Reason.ACCOUNT_REFUSED: "the provider refused our account",
    Reason.NO_RECEIPT: "the provider never confirmed it",
    Reason.NOT_CALLED: "too much time passed before the call, so the call was not made",
    Reason.RATE_LIMITED: "the provider asked us to slow down",
    Reason.PROVIDER_DOWN: "the provider could not be reached",
    Reason.RESENT_BY_STAFF: "a member of staff chose to send it again",
    Reason.UNRESOLVED: "we cannot tell whether the provider took it",
    Reason.MERGED_PATIENT: "the record was merged into another patient's",
    Reason.ERASED: "the patient's record was erased",
    Reason.FACTS_CHANGED: "what we know of the patient changed while it was being prepared",
    Reason.AWAITING_APPROVAL: "no clinician of this clinic has approved these words yet",
    Reason.RUNAWAY: "this address was written to far too often within an hour, which can only be a mistake of ours",
    Reason.NOT_DELIVERED: "the network could not deliver it",
    Reason.REMINDED_ELSEWHERE: "the booking system of this site tells patients of it itself",
    Reason.TREATMENT_CORRECTED: "the treatment that it follows was recorded otherwise",
    Reason.PROGRAMME_REPLACED: "another loading programme was started for what may be the same side",
    Reason.SURGERY: "an operation ends a loading programme: a clinician starts a new one when it is time",
    Reason.SILENCE: "the patient has not answered this question for a while, so it is asked less, and then no more",
    Reason.RESUMED_LATE: "sending was paused on its day, and it was left out when sending went on",
    Reason.SKIPPED_BY_STAFF: "a member of staff chose to leave it out",
    Reason.MOVED_BY_STAFF: "a member of staff chose this time",
    Reason.ENDED_BY_STAFF: "a member of staff ended the sequence for this patient",
    Reason.TURNED: "it turned to the patient's other channel",
}
