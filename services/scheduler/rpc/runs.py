"""SchedulerService: runs."""

import grpc

from backroom.scheduler.v1 import scheduler_pb2
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from services.scheduler.application.ports import Work
from services.scheduler.domain.runs import run_name
from services.scheduler.rpc import render
from services.scheduler.rpc.calls import PAGE, SchedulerCalls
from services.scheduler.rpc.parse import parse_run_number, parse_task_number
from services.scheduler.rpc.schedules import parse_instant


class RunCalls(SchedulerCalls):
    """What people do with runs."""

    def GetRun(self, request: scheduler_pb2.GetRunRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number = parse_run_number(request.name)
        with self._open_work() as work:
            run = work.runs.get(number)
            attempts = work.attempts.of_runs([number]).get(number, [])
        return render.render_run(run, attempts)

    def ListRuns(
        self, request: scheduler_pb2.ListRunsRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListRunsResponse:
        query = parse_listing(request, default_page_size=PAGE)
        with self._open_work() as work:
            runs, token = work.runs.page(query)
            attempts = work.attempts.of_runs(run.number for run in runs)
        return scheduler_pb2.ListRunsResponse(
            runs=[render.render_run(run, attempts.get(run.number, []), in_list=True) for run in runs],
            next_page_token=token,
        )

    def CancelRun(self, request: scheduler_pb2.CancelRunRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number, caller = parse_run_number(request.name), call.current()

        def cancel(work: Work) -> scheduler_pb2.Run:
            run = self._use.cancel_run(work, number, caller=caller.principal.name, peer=caller.peer)
            return render.render_run(run, work.attempts.of_runs([number]).get(number, []))

        return self._writes.once(request, scheduler_pb2.Run, cancel)

    def RetryRun(self, request: scheduler_pb2.RetryRunRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number, caller = parse_run_number(request.name), call.current()

        def retry(work: Work) -> scheduler_pb2.Run:
            run = self._use.retry_run(work, number, caller=caller.principal.name, peer=caller.peer)
            return render.render_run(run, work.attempts.of_runs([number]).get(number, []))

        return self._writes.once(request, scheduler_pb2.Run, retry)

    def BackfillTask(
        self, request: scheduler_pb2.BackfillTaskRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.BackfillTaskResponse:
        number, caller = parse_task_number(request.name), call.current()
        first = parse_instant(request.start_time, "start_time")
        last = parse_instant(request.end_time, "end_time")

        def backfill(work: Work) -> scheduler_pb2.BackfillTaskResponse:
            made = self._use.backfill_task(
                work,
                number,
                first=first,
                last=last,
                caller=caller.principal.name,
                peer=caller.peer,
                validate_only=request.validate_only,
            )
            return scheduler_pb2.BackfillTaskResponse(
                nominal_times=made.instants,
                runs=[run_name(run.number) for run in made.runs],
            )

        return self._writes.once(request, scheduler_pb2.BackfillTaskResponse, backfill)
