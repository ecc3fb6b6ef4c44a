"""PyTorch's side of `npm run bench:pack`: training steps of the reference, one JSON row a line, each setting by itself.

  python3 torch_steps.py JOB

JOB is {device, settings, workloads: [{workload, config, batch}], threads, steps, seconds}; a setting is "eager", "captured",
"captured, tf32", "compiled" or "compiled and captured". A setting that fails is a row that says why. Needs diffit_torch.py, the reference.
"""
import json, os, statistics, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import torch
from diffit_torch import example, training_step

CARD = "PyTorch on the card"
PROCESSOR = "PyTorch on the processor"
REMARK = "without clipping and fresh inputs"


def say(**row):
    print(json.dumps(row), flush=True)


def adamw(parameters, **options):
    """Fused where this PyTorch has it, else one call for all parameters."""
    try:
        return torch.optim.AdamW(parameters, lr=1e-4, fused=True, **options), "fused AdamW"
    except (TypeError, RuntimeError):
        return torch.optim.AdamW(parameters, lr=1e-4, foreach=True, **options), "foreach AdamW"


def prepare(config, batch, device, compiled, capturable):
    """`training_step` of the reference on a device, its optimiser and the name of that."""
    model, args, target = example(config, batch)
    model, target = model.to(device), target.to(device)
    args = [None if x is None else x.to(device) for x in args]
    optimiser, kind = adamw(model.parameters(), **({"capturable": True} if capturable else {}))
    once, update = training_step(model, optimiser, args, target, torch.compile(model) if compiled else None)
    return once, update, optimiser, kind


def captured(once, update, optimiser):
    """The same step as one CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            once()
    torch.cuda.current_stream().wait_stream(stream)
    optimiser.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = update()

    def replay():
        graph.replay()
        return loss
    return replay


def timed(once, steps, seconds):
    """Milliseconds of each step, its loss read back: of so many, or of at least two in so many seconds."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < steps and (len(times) < 2 or time.perf_counter() < end):
        start = time.perf_counter()
        once().item()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def measure(job, of, setting, threads):
    what = f"{of['workload']}, batch {of['batch']}"
    by = CARD if job["device"] == "cuda" else PROCESSOR
    name = setting if threads is None else f"{setting}, {threads} thread{'' if threads == 1 else 's'}"
    try:
        if "compiled" in setting and not hasattr(torch, "compile"):
            raise RuntimeError(f"PyTorch {torch.__version__} has no torch.compile")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = "tf32" in setting
        begun = time.perf_counter()
        capture = "captured" in setting
        once, update, optimiser, kind = prepare(of["config"], of["batch"], job["device"], "compiled" in setting, capture)
        if capture:
            once = captured(once, update, optimiser)
        once().item()
        first = time.perf_counter() - begun
        once().item()
        times = timed(once, job["steps"], job["seconds"])
        remark = f"{REMARK}; {kind}; prepared with a first step in {first:.1f} s"
        say(what=what, by=by, setting=name, step_ms_median=statistics.median(times), step_ms_min=min(times),
            steps=len(times), first_s=first, remark=remark, torch=torch.__version__)
    except Exception as error:
        say(what=what, by=by, setting=name, problem=(str(error).strip().split("\n")[0] or type(error).__name__)[:200])


def describe():
    card = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}" if torch.cuda.is_available() else "no card that it can use"
    say(what="PyTorch", by=f"PyTorch {torch.__version__}", remark=f"{card}; {sys.executable}; Python {sys.version.split()[0]}", card=torch.cuda.is_available())


def main():
    if len(sys.argv) == 1:
        return describe()
    job = json.loads(sys.argv[1])
    if job["device"] == "cuda" and not torch.cuda.is_available():
        for of in job["workloads"]:
            say(what=f"{of['workload']}, batch {of['batch']}", by=CARD, setting=", ".join(job["settings"]), problem="PyTorch finds no card")
        return
    for setting in job["settings"]:
        for of in job["workloads"]:
            for threads in job["threads"] or [None]:
                if threads is not None:
                    torch.set_num_threads(threads)
                measure(job, of, setting, threads)


if __name__ == "__main__":
    main()
