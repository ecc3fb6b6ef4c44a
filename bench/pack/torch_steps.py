"""PyTorch's side of `npm run bench:pack`: training steps of the reference, one JSON row a line, each setting by itself.

  python3 torch_steps.py JOB

JOB is {device, settings, workloads: [{workload, config, batch}], threads, steps, seconds, limit}. A setting is words between
commas: "eager", or "compiled" and "captured" (as a CUDA graph), and "tf32", "channels last" (of image models alone);
"compiled, captured" is also timed before it is captured. Each measurement is a process of its own with `limit` seconds, so
one that fails, crashes or hangs is a row that says why. Needs diffit_torch.py, the reference.
"""
import json, os, signal, statistics, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import torch
from diffit_torch import example, training_step

CARD = "PyTorch on the card"
PROCESSOR = "PyTorch on the processor"
REMARK = "without clipping and fresh inputs"


def say(**row):
    print(json.dumps(row), flush=True)


def reason(error):
    """One sentence. Those of torch.compile name its backend in a first line that ends with a colon, and the cause behind."""
    lines = [line.strip() for line in str(error).split("\n") if line.strip()]
    if not lines:
        return type(error).__name__
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1])[:200]


def adamw(parameters, **options):
    """Fused where this PyTorch has it, else one call for all parameters."""
    parameters = list(parameters)  # a generator would be empty at the second attempt
    try:
        return torch.optim.AdamW(parameters, lr=1e-4, fused=True, **options), "fused AdamW"
    except (TypeError, RuntimeError):
        return torch.optim.AdamW(parameters, lr=1e-4, foreach=True, **options), "foreach AdamW"


def allow_tf32(allowed):
    """By the older switches where there are any: torch.compile reads them, and refuses a mixture with the newer ones."""
    try:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed
    except (AttributeError, RuntimeError):
        precision = "tf32" if allowed else "ieee"
        torch.backends.cuda.matmul.fp32_precision = torch.backends.cudnn.conv.fp32_precision = precision


def prepare(config, batch, device, compiled, capturable, channels_last):
    """`training_step` of the reference on a device, its optimiser and the name of that."""
    model, (x, t, y), target = example(config, batch)
    model, target = model.to(device), target.to(device)
    x, t, y = x.to(device), t.to(device), None if y is None else y.to(device)
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimiser, kind = adamw(model.parameters(), **({"capturable": True} if capturable else {}))
    once, update = training_step(model, optimiser, (x, t, y), target, torch.compile(model) if compiled else None)
    return once, update, optimiser, kind


def captured(once, update, optimiser):
    """The same step as one CUDA graph, as PyTorch's notes on CUDA say: warmed up on a stream beside, gradients of none."""
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


def title(of, setting, threads):
    name = setting if threads is None else f"{setting}, {threads} thread{'' if threads == 1 else 's'}"
    return f"{of['workload']}, batch {of['batch']}", name


def measure(job, of, setting, threads):
    words, device = setting.split(", "), job["device"]
    on_card = device == "cuda"
    what, name = title(of, setting, threads)
    by = CARD if on_card else PROCESSOR
    begun = time.perf_counter()

    def report(name, once, kind):
        once().item()
        first = time.perf_counter() - begun
        # a card that has been idle is slow at first
        timed(once, 100 if on_card else 1, 0.3 if on_card else 0)
        times = timed(once, job["steps"], job["seconds"])
        remark = f"{REMARK}; {kind}; prepared with a first step in {first:.1f} s"
        say(what=what, by=by, setting=name, step_ms_median=statistics.median(times), step_ms_min=min(times),
            steps=len(times), first_s=first, remark=remark, torch=torch.__version__)

    try:
        compiled, capture = "compiled" in words, "captured" in words
        if compiled and not hasattr(torch, "compile"):
            raise RuntimeError(f"PyTorch {torch.__version__} has no torch.compile")
        if threads is not None:
            torch.set_num_threads(threads)
        if on_card:
            allow_tf32("tf32" in words)
            torch.backends.cudnn.benchmark = True
        once, update, optimiser, kind = prepare(of["config"], of["batch"], device, compiled, capture, "channels last" in words)
        if compiled or not capture:
            report(name.replace(", captured", ""), once, kind)
        if capture:
            report(name, captured(once, update, optimiser), kind)
    except Exception as error:
        say(what=what, by=by, setting=name, problem=reason(error))


def isolated(act, limit):
    """Runs `act` in a process of its own; null, or why it did not end well. This process touches neither card nor threads."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            sys.stdout.flush()
            code = 0
        finally:
            os._exit(code)
    end = time.monotonic() + limit
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return f"it ran out of its {limit} s"
        time.sleep(0.01)
    if os.WIFSIGNALED(status):
        return f"it ended with {signal.Signals(os.WTERMSIG(status)).name}"
    return None if status == 0 else f"it ended with {os.WEXITSTATUS(status)}"


def find_card():
    if not torch.cuda.is_available():
        raise SystemExit


def describe():
    card = torch.cuda.is_available()
    cards = f"{torch.cuda.device_count()} of {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}" if card else "no card that it can use"
    say(what="PyTorch", by=f"PyTorch {torch.__version__}", remark=f"{cards}; {sys.executable}; Python {sys.version.split()[0]}", card=card)


def main():
    if len(sys.argv) == 1:
        return describe()
    job = json.loads(sys.argv[1])
    by = CARD if job["device"] == "cuda" else PROCESSOR
    missing = isolated(find_card, job["limit"]) if job["device"] == "cuda" else None
    if missing is not None:
        for of in job["workloads"]:
            say(what=title(of, "", None)[0], by=by, setting="; ".join(job["settings"]), problem="PyTorch finds no card")
        return
    for setting in job["settings"]:
        for of in job["workloads"]:
            if "channels last" in setting and of["config"]["model"] != "image":
                continue
            for threads in job["threads"] or [None]:
                problem = isolated(lambda: measure(job, of, setting, threads), job["limit"])
                if problem is not None:
                    what, name = title(of, setting, threads)
                    say(what=what, by=by, setting=name, problem=problem)


if __name__ == "__main__":
    main()
