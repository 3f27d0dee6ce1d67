"""The form that the migrations lead to, as SQLite's own statements: what a new, empty catalogue is made of.

For a catalogue that lives as long as one comparison (`beside.py`): to load SQLAlchemy and Alembic takes longer than
all of that. `tests/unit/audit` holds it equal, statement by statement, to what the migrations make.
"""

from __future__ import annotations

from typing import Final

REVISION: Final = "0010"

FORM: Final = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY
  (version_num));
CREATE TABLE accounts (id TEXT NOT NULL, name TEXT, role TEXT, unit_id TEXT, officer_id TEXT, disabled BOOLEAN
  NOT NULL, PRIMARY KEY (id));
CREATE TABLE assignments ("index" INTEGER NOT NULL, recorder_id TEXT NOT NULL, officer_id TEXT, unit_id TEXT,
  "from" TEXT NOT NULL, from_us BIGINT NOT NULL, reason TEXT, assigned_at TEXT NOT NULL, actor TEXT NOT NULL,
  handed_by TEXT, PRIMARY KEY ("index"));
CREATE INDEX assignments_recorder ON assignments (recorder_id, from_us, "index");
CREATE TABLE assessments (clip TEXT NOT NULL, "index" BIGINT NOT NULL, assessed_at TEXT NOT NULL, findings TEXT
  NOT NULL, clock TEXT, tool TEXT, version TEXT, clock_at_ms BIGINT, PRIMARY KEY (clip)) WITHOUT ROWID;
CREATE TABLE case_officers (officer_id TEXT NOT NULL, case_id TEXT NOT NULL, PRIMARY KEY (officer_id, case_id))
  WITHOUT ROWID;
CREATE TABLE cases (id TEXT NOT NULL, opened_index BIGINT NOT NULL, opened_at TEXT NOT NULL, number TEXT,
  number_key TEXT, title TEXT, subject TEXT, place TEXT, place_key TEXT, unit_id TEXT, officers TEXT, "from"
  TEXT, "to" TEXT, from_us BIGINT, to_us BIGINT, closed_at TEXT, closed_reason TEXT, PRIMARY KEY (id));
CREATE INDEX cases_number ON cases (number_key);
CREATE INDEX cases_opened ON cases (opened_index);
CREATE TABLE clips (ingested_index INTEGER NOT NULL, clip TEXT NOT NULL, path TEXT, path_base64 TEXT,
  recorder_id TEXT, officer_id TEXT, unit_id TEXT, docking TEXT, sha256 TEXT NOT NULL, sm3 TEXT, size BIGINT NOT
  NULL, modified TEXT, start TEXT, start_us BIGINT NOT NULL, start_source TEXT, start_raw TEXT, offset_ms
  BIGINT, uncertainty_ms BIGINT, kind TEXT, container TEXT, duration_us BIGINT, video TEXT, audio TEXT, width
  INTEGER, height INTEGER, rate TEXT, damaged BOOLEAN NOT NULL, damage TEXT NOT NULL, playable BOOLEAN NOT NULL,
  marked BOOLEAN NOT NULL, late BOOLEAN NOT NULL, quarantined BOOLEAN NOT NULL, same_as TEXT, belongs_to TEXT,
  cases TEXT NOT NULL, verified_at TEXT, examined_index BIGINT, accepted_index BIGINT, erased_at TEXT, facts TEXT,
  facts_size BIGINT, protected BOOLEAN, disposed_at TEXT, PRIMARY KEY (ingested_index));
CREATE INDEX clips_apart ON clips (start_us, clip, unit_id, officer_id, recorder_id) WHERE quarantined = TRUE;
CREATE UNIQUE INDEX clips_clip ON clips (clip);
CREATE INDEX clips_damaged ON clips (start_us, clip, unit_id, officer_id, recorder_id) WHERE damaged = TRUE;
CREATE INDEX clips_docking ON clips (docking);
CREATE INDEX clips_held ON clips (recorder_id, path);
CREATE INDEX clips_kind ON clips (kind, start_us, clip, unit_id, officer_id, recorder_id) WHERE kind <> 'video';
CREATE INDEX clips_late ON clips (start_us, clip, unit_id, officer_id, recorder_id) WHERE late = TRUE;
CREATE INDEX clips_marked ON clips (start_us, clip, unit_id, officer_id, recorder_id) WHERE marked = TRUE;
CREATE INDEX clips_object ON clips (sha256);
CREATE INDEX clips_officer ON clips (officer_id, start_us, clip);
CREATE INDEX clips_quarantined ON clips (docking) WHERE quarantined = TRUE;
CREATE INDEX clips_recorder ON clips (recorder_id, start_us, clip);
CREATE INDEX clips_start ON clips (start_us, clip);
CREATE INDEX clips_unexamined ON clips (ingested_index) WHERE facts IS NULL;
CREATE INDEX clips_unit ON clips (unit_id, start_us, clip);
CREATE INDEX clips_unlinked ON clips (start_us, clip, unit_id, officer_id, recorder_id) WHERE cases = '[]';
CREATE INDEX clips_unverified ON clips (ingested_index) WHERE verified_at IS NULL;
CREATE TABLE clock_readings ("index" INTEGER NOT NULL, recorder_id TEXT NOT NULL, docking TEXT, was_set BOOLEAN
  NOT NULL, device TEXT, host TEXT NOT NULL, host_us BIGINT, offset_us BIGINT, uncertainty_us BIGINT,
  drift_ms_per_day BIGINT, drift_uncertainty BIGINT, raw TEXT, PRIMARY KEY ("index"));
CREATE INDEX clock_readings_recorder ON clock_readings (recorder_id, "index");
CREATE TABLE custody (subject TEXT NOT NULL, "index" BIGINT NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL,
  clock TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (subject, "index")) WITHOUT ROWID;
CREATE TABLE disputes ("index" INTEGER NOT NULL, docking TEXT NOT NULL, recorder_id TEXT, assigned TEXT NOT
  NULL, carried TEXT NOT NULL, "by" TEXT, clips BIGINT, disputed_at TEXT NOT NULL, settled_index BIGINT, PRIMARY
  KEY ("index"));
CREATE INDEX disputes_docking ON disputes (docking);
CREATE TABLE dockings (id TEXT NOT NULL, started_index BIGINT NOT NULL, started_at TEXT NOT NULL, station TEXT,
  recorder_id TEXT, officer_id TEXT, unit_id TEXT, case_id TEXT, source_kind TEXT, source TEXT, profile TEXT,
  registered BOOLEAN, entries BIGINT, reread BOOLEAN, ended_at TEXT, ingested BIGINT, known BIGINT, refused
  BIGINT, partial BIGINT, quarantined BIGINT, bytes BIGINT, milliseconds BIGINT, late BIGINT, stopped TEXT, port
  TEXT, battery BIGINT, make TEXT, model TEXT, firmware TEXT, second_serial TEXT, PRIMARY KEY (id));
CREATE INDEX dockings_recorder ON dockings (recorder_id, started_index);
CREATE INDEX dockings_started ON dockings (started_index);
CREATE TABLE due (clip TEXT NOT NULL, kind TEXT NOT NULL, "index" BIGINT NOT NULL, PRIMARY KEY (clip, kind))
  WITHOUT ROWID;
CREATE INDEX due_kind ON due (kind, "index", clip);
CREATE TABLE head (id INTEGER NOT NULL, size BIGINT NOT NULL, leaf TEXT, root TEXT, names BIGINT NOT NULL,
  PRIMARY KEY (id));
CREATE TABLE links (case_id TEXT NOT NULL, clip TEXT NOT NULL, linked BOOLEAN NOT NULL, "by" TEXT, rule TEXT,
  reason TEXT, linked_index BIGINT, linked_at TEXT, clip_index BIGINT, start_us BIGINT NOT NULL, PRIMARY KEY
  (case_id, clip)) WITHOUT ROWID;
CREATE INDEX links_case ON links (case_id, linked, start_us, clip, clip_index);
CREATE INDEX links_clip ON links (clip, linked_index);
CREATE INDEX links_index ON links (linked_index);
CREATE TABLE objects (digest TEXT NOT NULL, size BIGINT, PRIMARY KEY (digest));
CREATE TABLE officers (id TEXT NOT NULL, badge TEXT, name TEXT, unit_id TEXT, registered BOOLEAN NOT NULL,
  PRIMARY KEY (id));
CREATE INDEX officers_badge ON officers (badge);
CREATE TABLE recorders (id TEXT NOT NULL, serial TEXT, make TEXT, model TEXT, unit_id TEXT, officer_id TEXT,
  registered BOOLEAN NOT NULL, PRIMARY KEY (id));
CREATE INDEX recorders_serial ON recorders (serial);
CREATE TABLE recording_segments (recording TEXT NOT NULL, position INTEGER NOT NULL, clip TEXT NOT NULL, from_ms
  BIGINT NOT NULL, length_ms BIGINT NOT NULL, gap_ms BIGINT, uncertainty_ms BIGINT, "by" TEXT, missing
  BIGINT, PRIMARY KEY
  (recording, position)) WITHOUT ROWID;
CREATE INDEX recording_segments_clip ON recording_segments (clip, recording);
CREATE TABLE recordings (id TEXT NOT NULL, "index" BIGINT NOT NULL, joined_at TEXT NOT NULL, recorder_id TEXT,
  silent_before_ms BIGINT, tool TEXT, version TEXT, PRIMARY KEY (id));
CREATE INDEX recordings_recorder ON recordings (recorder_id, "index");
CREATE TABLE refusals ("index" INTEGER NOT NULL, docking TEXT NOT NULL, code TEXT, partial BOOLEAN NOT NULL,
  path TEXT, path_base64 TEXT, reason TEXT, PRIMARY KEY ("index"));
CREATE INDEX refusals_docking ON refusals (docking, "index");
CREATE TABLE rendition_failures (clip TEXT NOT NULL, kind TEXT NOT NULL, "index" BIGINT NOT NULL, code TEXT NOT
  NULL, tool TEXT, version TEXT, PRIMARY KEY (clip, kind)) WITHOUT ROWID;
CREATE INDEX rendition_failures_kind ON rendition_failures (kind, version);
CREATE TABLE renditions ("index" INTEGER NOT NULL, clip TEXT NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL,
  size BIGINT NOT NULL, media_type TEXT, tool TEXT, version TEXT, parameters TEXT NOT NULL, "of" TEXT,
  index_sha256 TEXT, index_size BIGINT, index_media_type TEXT, sources TEXT, made_at TEXT, PRIMARY KEY ("index"));
CREATE INDEX renditions_clip ON renditions (clip, kind);
CREATE TABLE sightings ("index" INTEGER NOT NULL, docking TEXT NOT NULL, clip TEXT NOT NULL, "by" TEXT, PRIMARY
  KEY ("index"));
CREATE INDEX sightings_docking ON sightings (docking, "index");
CREATE TABLE timestamps ("index" INTEGER NOT NULL, size BIGINT NOT NULL, authority TEXT NOT NULL, own BOOLEAN NOT
  NULL, time TEXT NOT NULL, time_us BIGINT NOT NULL, imprint TEXT, policy TEXT, serial TEXT, accuracy_ms BIGINT,
  synchronised BOOLEAN, checkpoint TEXT, token TEXT, chain TEXT, ca TEXT, renews BIGINT, PRIMARY KEY ("index"));
CREATE INDEX timestamps_authority ON timestamps (authority, size);
CREATE INDEX timestamps_size ON timestamps (size);
CREATE TABLE twins ("index" INTEGER NOT NULL, recorder_id TEXT NOT NULL, noticed_at TEXT NOT NULL, ports TEXT
  NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX twins_recorder ON twins (recorder_id, "index");
CREATE TABLE units (id TEXT NOT NULL, name TEXT, parent TEXT, level TEXT, PRIMARY KEY (id));
CREATE TABLE alarms ("index" INTEGER NOT NULL, subject TEXT NOT NULL, code TEXT NOT NULL, account
  TEXT, count BIGINT, request TEXT, clip TEXT, raised_at TEXT NOT NULL, settled_at TEXT,
  settled_actor TEXT, settled_reason TEXT, PRIMARY KEY ("index"));
CREATE INDEX alarms_account ON alarms (account, "index");
CREATE INDEX alarms_settled ON alarms (settled_at, "index");
CREATE TABLE damaged_objects (digest TEXT NOT NULL, subject TEXT NOT NULL, code TEXT, found_by TEXT,
  "index" BIGINT NOT NULL, found_at TEXT NOT NULL, PRIMARY KEY (digest)) WITHOUT ROWID;
CREATE TABLE document_links (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT NULL,
  document TEXT NOT NULL, page BIGINT, paragraph BIGINT, clip TEXT NOT NULL, from_us BIGINT NOT
  NULL, to_us BIGINT, note TEXT, actor TEXT NOT NULL, linked_at TEXT NOT NULL, unlinked_at TEXT,
  unlinked_actor TEXT, unlinked_reason TEXT, PRIMARY KEY (id));
CREATE INDEX document_links_clip ON document_links (clip, from_us);
CREATE INDEX document_links_document ON document_links (document, page, paragraph);
CREATE INDEX document_links_index ON document_links ("index");
CREATE TABLE documents (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT NULL, sha256
  TEXT NOT NULL, sm3 TEXT, size BIGINT NOT NULL, media_type TEXT NOT NULL, pages BIGINT, name TEXT,
  title TEXT, actor TEXT NOT NULL, added_at TEXT NOT NULL, removed_at TEXT, removed_actor TEXT,
  removed_reason TEXT, PRIMARY KEY (id));
CREATE INDEX documents_case ON documents (case_id, "index");
CREATE INDEX documents_index ON documents ("index");
CREATE TABLE markers (id TEXT NOT NULL, "index" BIGINT NOT NULL, clip TEXT NOT NULL, kind TEXT NOT
  NULL, from_us BIGINT, to_us BIGINT, text TEXT, actor TEXT NOT NULL, set_at TEXT NOT NULL,
  removed_at TEXT, removed_actor TEXT, removed_reason TEXT, PRIMARY KEY (id));
CREATE INDEX markers_clip ON markers (clip, from_us);
CREATE INDEX markers_index ON markers ("index");
CREATE TABLE plays ("index" INTEGER NOT NULL, clip TEXT NOT NULL, actor TEXT NOT NULL, session TEXT,
  what TEXT, spans TEXT NOT NULL, played_ms BIGINT, request TEXT, at TEXT NOT NULL, PRIMARY KEY
  ("index"));
CREATE INDEX plays_actor ON plays (actor, "index");
CREATE INDEX plays_clip ON plays (clip, "index");
CREATE TABLE request_clips (request TEXT NOT NULL, clip TEXT NOT NULL, PRIMARY KEY (request, clip))
  WITHOUT ROWID;
CREATE INDEX request_clips_clip ON request_clips (clip, request);
CREATE TABLE requests (id TEXT NOT NULL, "index" BIGINT, requested_at TEXT, actor TEXT, account
  TEXT, case_id TEXT, unit_id TEXT, rule TEXT, policy TEXT, decided_by TEXT, purpose TEXT, reason
  TEXT, body TEXT, sought TEXT, until TEXT, state TEXT, granted_by TEXT, granted_until TEXT, granted_until_us
  BIGINT, upto BIGINT, decided_index BIGINT, decided_at TEXT, decided_actor TEXT, decided_reason
  TEXT, ended_at TEXT, ended_why TEXT, ended_actor TEXT, ended_reason TEXT, reviewed_at TEXT,
  reviewed_actor TEXT, reviewed_outcome TEXT, reviewed_reason TEXT, PRIMARY KEY (id));
CREATE INDEX requests_account ON requests (account, state, "index");
CREATE INDEX requests_state ON requests (state, "index");
CREATE INDEX requests_unit ON requests (unit_id, state, "index");
CREATE TABLE rights ("index" INTEGER NOT NULL, account TEXT NOT NULL, change TEXT NOT NULL, role
  TEXT, unit_id TEXT, officer_id TEXT, parent TEXT, level TEXT, name TEXT, issuer TEXT, reason TEXT,
  proposed_at TEXT NOT NULL, proposed_actor TEXT NOT NULL, state TEXT NOT NULL, decided_at TEXT,
  decided_actor TEXT, decided_reason TEXT, PRIMARY KEY ("index"));
CREATE INDEX rights_account ON rights (account, "index");
CREATE INDEX rights_state ON rights (state, "index");
CREATE TABLE sessions (id TEXT NOT NULL, account TEXT, opened_at TEXT, "by" TEXT, name TEXT,
  networks TEXT, expires TEXT, address TEXT, agent TEXT, moves BIGINT, ended_at TEXT, ended_why
  TEXT, PRIMARY KEY (id));
CREATE INDEX sessions_account ON sessions (account, opened_at);
CREATE TABLE stills ("index" INTEGER NOT NULL, clip TEXT NOT NULL, at_us BIGINT NOT NULL, frame
  BIGINT, still TEXT NOT NULL, exported TEXT NOT NULL, caption TEXT, actor TEXT NOT NULL, at TEXT
  NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX stills_clip ON stills (clip, "index");
CREATE TABLE tallies (whose TEXT NOT NULL, span BIGINT NOT NULL, unit_id TEXT NOT NULL, kind TEXT NOT
  NULL, state INTEGER NOT NULL, clips BIGINT NOT NULL, PRIMARY KEY (whose, span, unit_id, kind, state))
  WITHOUT ROWID;
CREATE TABLE case_files (id TEXT NOT NULL, act TEXT, matter TEXT, list TEXT, filed_as_index BIGINT, stage
  TEXT, stage_index BIGINT, initiated_us BIGINT, decided_us BIGINT, served_us BIGINT, concluded_us BIGINT,
  action_ended TEXT, action_ended_us BIGINT, action_ended_index BIGINT, revoked_us BIGINT, revoked_index
  BIGINT, catalogue TEXT, signature TEXT, signer TEXT, catalogued_at TEXT, catalogued_index BIGINT, measure
  TEXT, amount BIGINT, intended_index BIGINT, PRIMARY KEY (id)) WITHOUT ROWID;
CREATE TABLE case_subjects (case_id TEXT NOT NULL, subject TEXT NOT NULL, "index" BIGINT NOT NULL, PRIMARY
  KEY (case_id, subject)) WITHOUT ROWID;
CREATE INDEX case_subjects_subject ON case_subjects (subject, case_id);
CREATE TABLE certificates ("index" INTEGER NOT NULL, officer_id TEXT NOT NULL, kind TEXT NOT NULL, number
  TEXT, number_key TEXT, issuer TEXT, valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, withdrawn_at
  TEXT, withdrawn_index BIGINT, withdrawn_reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY
  KEY ("index"));
CREATE INDEX certificates_number ON certificates (number_key);
CREATE INDEX certificates_officer ON certificates (officer_id, kind, "index");
CREATE TABLE classes (subject TEXT NOT NULL, categories TEXT NOT NULL, "by" TEXT, rule TEXT, reason TEXT,
  "index" BIGINT NOT NULL, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY (subject)) WITHOUT ROWID;
CREATE TABLE disposals (id TEXT NOT NULL, "index" BIGINT NOT NULL, list TEXT NOT NULL, list_size BIGINT,
  rules TEXT, items BIGINT NOT NULL, bytes BIGINT, state TEXT NOT NULL, done BIGINT NOT NULL, kept BIGINT,
  codes TEXT, proposed_at TEXT, proposed_actor TEXT, proposed_reason TEXT, approved_at TEXT, approved_actor
  TEXT, approved_reason TEXT, declined_at TEXT, declined_actor TEXT, declined_reason TEXT, ended_at TEXT,
  ended_actor TEXT, ended_reason TEXT, PRIMARY KEY (id));
CREATE INDEX disposals_index ON disposals ("index");
CREATE TABLE disposed_clips (clip TEXT NOT NULL, disposal TEXT NOT NULL, "index" BIGINT NOT NULL, bytes
  BIGINT, disposed_at TEXT NOT NULL, PRIMARY KEY (clip)) WITHOUT ROWID;
CREATE INDEX disposed_clips_disposal ON disposed_clips (disposal, "index");
CREATE TABLE document_times ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, document TEXT NOT NULL, part
  TEXT NOT NULL, from_us BIGINT, to_us BIGINT, place TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL,
  PRIMARY KEY ("index"));
CREATE INDEX document_times_case ON document_times (case_id, document, part, "index");
CREATE TABLE duty_checks ("index" INTEGER NOT NULL, recorder_id TEXT NOT NULL, officer_id TEXT, ok BOOLEAN
  NOT NULL, codes TEXT NOT NULL, battery BIGINT, free_bytes BIGINT, offset_ms BIGINT, at TEXT NOT NULL,
  at_us BIGINT NOT NULL, note TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX duty_checks_recorder ON duty_checks (recorder_id, at_us);
CREATE TABLE excuses ("index" INTEGER NOT NULL, subject TEXT NOT NULL, rule TEXT NOT NULL, excuse BIGINT,
  reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX excuses_subject ON excuses (subject, rule, "index");
CREATE TABLE holds (id TEXT NOT NULL, "index" BIGINT NOT NULL, about TEXT NOT NULL, lifted_index BIGINT,
  placed_at TEXT, placed_actor TEXT, placed_reason TEXT, lifted_at TEXT, lifted_actor TEXT, lifted_reason
  TEXT, PRIMARY KEY (id));
CREATE INDEX holds_about ON holds (about) WHERE lifted_index IS NULL;
CREATE INDEX holds_index ON holds ("index");
CREATE TABLE imports ("index" INTEGER NOT NULL, kind TEXT, sha256 TEXT NOT NULL, size BIGINT NOT NULL, rows
  BIGINT NOT NULL, actor TEXT NOT NULL, imported_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE TABLE link_proposals (clip TEXT NOT NULL, case_id TEXT NOT NULL, "index" BIGINT NOT NULL, rule TEXT,
  score BIGINT NOT NULL, terms TEXT NOT NULL, reason TEXT, proposed_at TEXT NOT NULL, declined_index BIGINT,
  declined_at TEXT, declined_actor TEXT, declined_reason TEXT, PRIMARY KEY (clip, case_id)) WITHOUT ROWID;
CREATE INDEX link_proposals_case ON link_proposals (case_id, "index");
CREATE INDEX link_proposals_index ON link_proposals ("index");
CREATE TABLE list_changes ("index" INTEGER NOT NULL, list TEXT NOT NULL, at TEXT NOT NULL, at_us BIGINT NOT
  NULL, reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX list_changes_list ON list_changes (list, "index");
CREATE TABLE lists ("index" INTEGER NOT NULL, list TEXT NOT NULL, kind TEXT NOT NULL, version BIGINT NOT
  NULL, sha256 TEXT NOT NULL, size BIGINT NOT NULL, in_force TEXT NOT NULL, title TEXT, actor TEXT NOT NULL,
  published_at TEXT NOT NULL, withdrawn_index BIGINT, withdrawn_at TEXT, withdrawn_actor TEXT,
  withdrawn_reason TEXT, PRIMARY KEY ("index"));
CREATE INDEX lists_kind ON lists (kind, in_force, "index");
CREATE INDEX lists_list ON lists (list, "index");
CREATE TABLE moved_texts (old TEXT NOT NULL, new TEXT, size BIGINT, "index" BIGINT NOT NULL, PRIMARY KEY
  (old)) WITHOUT ROWID;
CREATE TABLE publications (id TEXT NOT NULL, "index" BIGINT NOT NULL, kind TEXT NOT NULL, about TEXT, record
  TEXT NOT NULL, record_size BIGINT, title TEXT, state TEXT NOT NULL, secret BOOLEAN, privacy BOOLEAN,
  redactions BIGINT, feed BIGINT, expires TEXT, published_index BIGINT, withdrawn_index BIGINT, proposed_at
  TEXT, proposed_actor TEXT, proposed_reason TEXT, checked_at TEXT, checked_actor TEXT, checked_reason TEXT,
  approved_at TEXT, approved_actor TEXT, approved_reason TEXT, declined_at TEXT, declined_actor TEXT,
  declined_reason TEXT, published_at TEXT, published_actor TEXT, published_reason TEXT, withdrawn_at TEXT,
  withdrawn_actor TEXT, withdrawn_reason TEXT, expired_at TEXT, expired_actor TEXT, expired_reason TEXT,
  PRIMARY KEY (id));
CREATE INDEX publications_about ON publications (about, "index");
CREATE INDEX publications_feed ON publications (feed);
CREATE INDEX publications_state ON publications (state, "index");
CREATE TABLE removed_objects (digest TEXT NOT NULL, "index" BIGINT NOT NULL, PRIMARY KEY (digest)) WITHOUT
  ROWID;
CREATE TABLE reviews (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT NULL, round BIGINT NOT
  NULL, state TEXT NOT NULL, documents TEXT NOT NULL, clips TEXT NOT NULL, question TEXT, requested_at TEXT
  NOT NULL, requested_actor TEXT NOT NULL, reviewer TEXT, taken_at TEXT, outcome TEXT, points TEXT, notes
  TEXT, answered_index BIGINT, settled_outcome TEXT, settled_index BIGINT, answered_at TEXT, answered_actor
  TEXT, answered_reason TEXT, disputed_at TEXT, disputed_actor TEXT, disputed_reason TEXT, settled_at TEXT,
  settled_actor TEXT, settled_reason TEXT, PRIMARY KEY (id));
CREATE INDEX reviews_case ON reviews (case_id, "index");
CREATE INDEX reviews_state ON reviews (state, "index");
CREATE TABLE revocations ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, how TEXT NOT NULL, at TEXT NOT
  NULL, at_us BIGINT NOT NULL, document TEXT, reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL,
  PRIMARY KEY ("index"));
CREATE INDEX revocations_case ON revocations (case_id, "index");
CREATE TABLE stages ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, stage TEXT NOT NULL, at TEXT NOT NULL,
  at_us BIGINT NOT NULL, document TEXT, reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY
  ("index"));
CREATE INDEX stages_case ON stages (case_id, "index");
CREATE TABLE station_charges ("index" INTEGER NOT NULL, station TEXT NOT NULL, officer_id TEXT, actor TEXT
  NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX station_charges_station ON station_charges (station, "index");
CREATE TABLE stops ("index" INTEGER NOT NULL, subject TEXT NOT NULL, from_us BIGINT, to_us BIGINT, code TEXT
  NOT NULL, reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"));
CREATE INDEX stops_subject ON stops (subject, "index");
CREATE TABLE subjects (id TEXT NOT NULL, "index" BIGINT NOT NULL, kind TEXT NOT NULL, name TEXT, number
  TEXT, number_key TEXT, registered_at TEXT NOT NULL, merged_into TEXT, merged_index BIGINT, PRIMARY KEY
  (id));
CREATE INDEX subjects_index ON subjects ("index");
CREATE INDEX subjects_merged ON subjects (merged_into);
CREATE INDEX subjects_number ON subjects (number_key);
CREATE VIRTUAL TABLE words USING fts5(body, content = '', columnsize = 0, tokenize = 'ascii');
CREATE VIRTUAL TABLE words_of_cases USING fts5(body, content = '', columnsize = 0, tokenize = 'ascii');
INSERT INTO alembic_version VALUES ('0010');
INSERT INTO head (id, size, leaf, root, names) VALUES (1, 0, NULL, NULL, -1);
"""
