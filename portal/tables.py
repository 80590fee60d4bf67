"""The tables of all rooms in one place. Whoever works on all of them (migrations, key rotation) must never see only some."""

import portal.accounts.model
import portal.cases.acting_model
import portal.cases.copy_model
import portal.cases.erasing.model
import portal.cases.file_model
import portal.cases.kept_model
import portal.cases.model
import portal.cases.phone.model
import portal.cases.proposal_model
import portal.cases.tasks.model
import portal.consent.asking_model
import portal.consent.delivery_model
import portal.consent.effect_model
import portal.consent.heads_model
import portal.consent.model
import portal.consent.opting_out
import portal.consent.sealing_model
import portal.core.epoch
import portal.core.journal
import portal.core.limits
import portal.engine.model
import portal.identity.model
import portal.identity.staff_model
import portal.outbox.model
import portal.outbox.webhook_model
import portal.people.model  # noqa: F401  # importing the models is what fills the metadata
from portal.core.db import Base

METADATA = Base.metadata
