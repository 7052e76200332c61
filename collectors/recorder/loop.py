"""The loop of a recorder: ticks at absolute deadlines, messages in between."""

import os
import select
import time
from random import Random
from typing import Any

from collectors.recorder.clocks import Drift
from collectors.recorder.sampler import Sampler
from collectors.recorder.server import Peer, Server
from collectors.recorder.ticks import Ticks
from collectors.recorder.timing import hasten
from collectors.sampling import Pace

_SLOW_NS = 1_000_000_000
_SHARES_NS = 1_900_000_000  # every other second, and wherever a phase begins
_PROCESSES_NS = 10_000_000_000  # a process list costs some 5 ms per GPU
_FLUSH_NS = 900_000_000
_FRESH_NS = 50_000_000  # a mark older than this comes too late for a reading at the phase's edge


class Loop:
    """Everything that a recorder does while it records, in one thread at a time."""

    def __init__(self, server: Server, sampler: Sampler, signals: int, random: Random) -> None:
        self.server, self.sampler, self.journal = server, sampler, sampler.journal
        self.ticks = Ticks()
        self.why: str | None = None  # why the recording ended: finish, owner_died, or a signal's name
        self.groups: set[int] = set()  # process groups that the owner leaves behind
        self._pace = Pace(self.journal.policy, random)
        self._drift = Drift(self.journal.clocks)
        self._signals = signals
        self._deadline_ns = self._slow_ns = self._flushed_ns = 0
        self._shares_ns = self._processes_ns = self._listed_ns = 0
        self._disk_told = False

    def run(self, turn: int) -> None:
        """Record until there is a reason to end, or this thread's turn is over."""
        hasten()
        clock = self.journal.clocks.monotonic_ns
        while self.why is None and self.sampler.turn == turn:
            wait_s = max(0, self._deadline_ns - clock()) / 1e9 if self.journal.runs else None
            ready, _, _ = select.select([*self.server.descriptors(), self._signals], [], [], wait_s)
            for descriptor in ready:
                self._attend(descriptor)
            now = clock()
            if self.journal.runs and now >= self._deadline_ns:
                self._tick(now)

    def _tick(self, now: int) -> None:
        """Read what is due, then set the next deadline from this one, never from now."""
        late_ns = now - self._deadline_ns
        self.sampler.fast()
        tallies = [tally for opened in self.journal.attended() for tally in opened.tallies.values()]
        pace_s = self._pace.after(now / 1e9, tallies)
        if now >= self._slow_ns:
            self._slow(now)
        step_ns = int(pace_s * 1e9)
        behind = max(0, (self.journal.clocks.monotonic_ns() - self._deadline_ns) // step_ns)
        self.ticks.deliver(late_ns, behind)
        self._deadline_ns += step_ns * (1 + behind)
        if now - self._flushed_ns >= _FLUSH_NS:
            self._flush(now)

    def _slow(self, now: int) -> None:
        self._slow_ns = max(self._slow_ns + _SLOW_NS, now + _SLOW_NS // 2)
        self.sampler.slow()
        if now >= self._shares_ns:
            self._shares_ns = now + _SHARES_NS
            self.sampler.shares()
        if now >= self._processes_ns:
            self.sampler.processes(self._listed_ns)
            self._listed_ns, self._processes_ns = now, now + _PROCESSES_NS
        for code, text in self._drift.look():
            self.journal.note(code, text, "warning")

    def _flush(self, now: int) -> None:
        self._flushed_ns = now
        writer = self.journal.writer
        if not writer.flush() and not self._disk_told:
            self._disk_told = True
            text = f"{writer.path.parent}: {writer.refusal}; readings wait in memory"
            self.journal.note("disk_refuses", text, "error", hint="free space")

    def _edge(self) -> None:
        """Read everything now: something begins or ends."""
        self.sampler.fast(edge=True)
        self.sampler.slow()
        self.sampler.shares()

    def _attend(self, descriptor: int) -> None:
        if descriptor == self._signals:
            self.why = f"signal {os.read(descriptor, 64)[-1]}"
            return
        if self.server.is_listener(descriptor):
            self.server.accept()
            return
        gone, run_id = self.server.ended(descriptor)
        if gone:
            self._abandoned(run_id)
        elif descriptor in self.server.descriptors():
            peer, messages, hung_up = self.server.hear(descriptor)
            for message in messages:
                self._obey(peer, message)
            if hung_up and peer is self.server.owner and self.why is None:
                self.why = "owner_died"
            elif hung_up:
                for left in tuple(peer.run_ids):
                    self._abandoned(left)

    def _abandoned(self, run_id: int | None) -> None:
        """The process that opened a run ended without ending it; or it was the owner."""
        if run_id is None:
            self.why = self.why or "owner_died"
        elif run_id in self.journal.runs:
            self.journal.note("workload_died", "its process ended within the run", "error", run_id=run_id)
            self._end({"run": run_id, "status": "failed", "t": self.journal.clocks.monotonic_ns()})

    def _obey(self, peer: Peer, message: dict[str, Any]) -> None:
        journal, what = self.journal, message["do"]
        if what == "mark":
            changed = journal.mark(message["run"], message["phase"], message["items"], message["t"])
            if changed:
                self._turned(message["t"])
                journal.turn(message["run"], message["phase"], message["t"])
        elif what == "begin":
            self._begin(peer, message)
        elif what == "end":
            peer.run_ids.discard(message["run"])
            peer.answer(self._end(message))
        elif what == "quality":
            journal.quality(message["run"], message["value"], message["metric"])
        elif what == "note":
            text, run_id = message["text"], message["run"]
            journal.note(message["code"], text, message["severity"], hint=message["hint"], run_id=run_id)
        elif what == "workload":
            self._workload(message)
        elif what == "skip":
            journal.skip(message)
        elif what == "finish":
            self.why = "finish"

    def _begin(self, peer: Peer, message: dict[str, Any]) -> None:
        now = self.journal.clocks.monotonic_ns()
        if not self.journal.runs:  # the clock of deadlines starts with the first run, at a full interval
            fixed_s = self.journal.policy.fixed_s
            self._deadline_ns = now + int((fixed_s or self.journal.policy.start_s) * 1e9)
        message["pid"] = peer.pid(message["pid"])
        self.journal.begin(message, self.ticks, time.process_time())
        peer.run_ids.add(message["run"])
        if peer is not self.server.owner:
            self.server.watch(message["pid"], message["run"])
        self._pace.begin(now / 1e9)
        self._edge()
        self._slow_ns = now + _SLOW_NS
        self._processes_ns, self._listed_ns = now + _SLOW_NS, now  # once early: many runs are short
        self._flush(now)
        peer.answer({"begun": message["run"]})

    def _end(self, message: dict[str, Any]) -> dict[str, Any]:
        self._edge()
        self.server.forget(message["run"])
        return self.journal.end(message, self.ticks, time.process_time())

    def _turned(self, t_ns: int) -> None:
        """A phase changed: read at its edge if that is now, and read fast for a while."""
        now = self.journal.clocks.monotonic_ns()
        if now - t_ns < _FRESH_NS:
            self.sampler.fast(edge=True)
            self.sampler.shares()
        self._pace.begin(now / 1e9)
        if self.journal.policy.fixed_s is None:
            self._deadline_ns = min(self._deadline_ns, now + int(self.journal.policy.start_s * 1e9))

    def _workload(self, message: dict[str, Any]) -> None:
        """The owner started a command for a run: its process tree is the workload, its group is ours to end."""
        opened = self.journal.runs.get(message["run"])
        if opened is not None:
            opened.tree.close()
            opened.tree = type(opened.tree)(message["pid"])
            opened.group = message["pid"]
            self.groups.add(message["pid"])
        if message.get("ended"):
            self.groups.discard(message["pid"])
