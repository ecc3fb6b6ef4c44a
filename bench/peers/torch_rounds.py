"""PyTorch's side of the benchmarks: a process that prepares one operation and times it whenever it is asked.

Questions come as JSON, one a line: {"describe": true}, {"prepare": OPERATION}, {"steps": N, "repeat": R};
answers go out as JSON, one a line. A step's time is that of R repetitions divided by R. Ends with its input.

  python3 torch_rounds.py THREADS
"""
import json, math, resource, sys, time
import torch
import torch.nn.functional as F
from diffit_torch import build, example, inputs, training_step
from kl_torch import KL, KLConfig

OPERATIONS = {}


def operation(f):
    OPERATIONS[f.__name__] = f
    return f


def with_grad(*xs):
    return [x.requires_grad_(True) for x in xs]


@operation
def product(a, b, transpose):
    x, y = torch.randn(a), torch.randn(b)
    x = x.transpose(-1, -2) if transpose == "a" else x
    y = y.transpose(-1, -2) if transpose == "b" else y
    return lambda: torch.matmul(x, y), {}


@operation
def conv(of, batch, size, to, channels_last, **rest):
    memory = torch.channels_last if channels_last else torch.contiguous_format
    x = torch.randn(batch, rest["from"], size, size).to(memory_format=memory)
    w = torch.randn(to, rest["from"], 3, 3).to(memory_format=memory)
    dy = torch.randn(batch, to, size, size).to(memory_format=memory)
    if of == "output":
        return lambda: F.conv2d(x, w, padding=1), {}
    mask = [of == "input", of == "weight", False]
    return lambda: torch.ops.aten.convolution_backward(dy, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask), {}


@operation
def attention(windows, heads, tokens, width, gradient):
    qkv, bias = torch.randn(windows, tokens, 3, heads, width), torch.randn(heads, tokens, tokens)
    dy = torch.randn(windows, heads, tokens, width)

    def forward():
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width) + bias, dim=-1) @ v
    if not gradient:
        return forward, {}
    leaves = with_grad(qkv, bias)
    return lambda: torch.autograd.grad(forward(), leaves, dy), {}


@operation
def layernorm(rows, width, gradient):
    x, dy = torch.randn(rows, width), torch.randn(rows, width)
    if not gradient:
        return lambda: F.layer_norm(x, (width,), eps=1e-6), {}
    mean, rstd = x.mean(-1, keepdim=True), 1 / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-6)
    mask = [True, False, False]
    given = {"remark": "given the forward pass's mean and deviation"}
    return lambda: torch.ops.aten.native_layer_norm_backward(dy, x, (width,), mean, rstd, None, None, mask), given


@operation
def step(config, batch, channels_last):
    """Forward, backward, AdamW, EMA of the reference; one batch, shown again in every step."""
    model, (x, t, y), target = example(config, batch)
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    once, _ = training_step(model, torch.optim.AdamW(model.parameters(), lr=1e-4, foreach=True), (x, t, y), target)
    return once, {"batch": batch, "parameters": sum(p.numel() for p in model.parameters()),
                  "remark": "without clipping, fresh inputs and reading the loss"}


@operation
@torch.no_grad()
def forward(config, batch):
    model = build(config)
    x, t, y = inputs(config, batch, torch.Generator().manual_seed(0))
    return torch.no_grad()(lambda: model(x, t, y)), {"batch": batch}


@operation
@torch.no_grad()
def sampling(config, levels, times, guidance):
    """One latent by DPM-Solver++(2M) in EDM's frame, guided: a batch of two a step."""
    model = build(config)
    channels, size, null = config["channels"], config["input_size"], config["classes"]
    labels = torch.tensor([1, null])

    @torch.no_grad()
    def once():
        x, before, h_before = levels[0] * torch.randn(1, channels, size, size), None, None
        for sigma, to, time in zip(levels, levels[1:], times):
            answer = model((x / math.sqrt(1 + sigma ** 2)).repeat(2, 1, 1, 1), torch.full((2,), time), labels)
            own, other = answer[:, :channels].chunk(2)
            denoised = x - sigma * (other + guidance * (own - other))
            if to == 0:
                return denoised
            h = math.log(sigma / to)
            line = denoised if before is None else denoised + h / (2 * h_before) * (denoised - before)
            x, before, h_before = to / sigma * x - math.expm1(-h) * line, denoised, h
    return once, {"batch": 1}


@operation
@torch.no_grad()
def decode(config, channels_last):
    memory = torch.channels_last if channels_last else torch.contiguous_format
    c = KLConfig(**{k: v for k, v in config.items() if k in KLConfig.__dataclass_fields__})
    model = KL(c)
    del model.encoder, model.quant_conv
    model = model.to(memory_format=memory)
    side = c.image_size // 2 ** (len(c.widths) - 1)
    z = torch.randn(1, c.latent_channels, side, side).to(memory_format=memory)
    return torch.no_grad()(lambda: model.decode(z)), {"batch": 1}


def describe():
    blas = sorted({line.split()[-1].split("/")[-1] for line in open("/proc/self/maps") if "blas" in line.lower() and ".so" in line})
    return f"PyTorch {torch.__version__}, with 1 and 2 threads; BLAS loaded: {' '.join(blas) or 'unknown'}"


def main():
    torch.set_num_threads(int(sys.argv[1]))
    run, facts = None, {}
    for line in sys.stdin:
        question = json.loads(line)
        if "describe" in question:
            torch.randn(64, 64) @ torch.randn(64, 64)
            answer = {"version": describe()}
        elif "prepare" in question:
            wanted = dict(question["prepare"])
            run, facts = OPERATIONS[wanted.pop("kind")](**wanted)
            answer = {"facts": facts}
        else:
            repeat, times = question["repeat"], []
            for _ in range(question["steps"]):
                start = time.perf_counter()
                for _ in range(repeat):
                    run()
                times.append(1e3 * (time.perf_counter() - start) / repeat)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer = {"times": times, "facts": facts if "batch" not in facts else {**facts, "resident_mib": round(peak)}}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
