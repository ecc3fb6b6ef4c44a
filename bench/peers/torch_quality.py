"""PyTorch's side of time to quality: trains the reference's image model by a recipe, on data that diffit exported.

  python3 torch_quality.py describe           {"version": ...}
  python3 torch_quality.py train JOB.json     trains to its end; resumes from OUT/state.pt; one JSON line for each measurement
  python3 torch_quality.py pace JOB.json      {"steps": N} on stdin, {"times": [milliseconds of each step]} on stdout

JOB is {data, config, training, matrices, images, marks, goal, out, threads, device, channels_last}: `training` is the section of
config.yaml, `matrices` the parameters of Muon with how many matrices each holds, `marks` the images at which the validation
loss is measured, `goal` a loss after which it stops. DATA.npz (bench/quality/exported.ts) has the pictures, their order, levels
and labels, initial parameters, and two validation sets; so both sides begin with the same numbers and see the same pictures at
the same levels. Only the noise of a picture is drawn here, from the number of the step.

Muon is Jordan's (2024): Nesterov momentum 0.95, five Newton-Schulz iterations, times sqrt(max(1, rows / columns)).
"""
import json, math, os, signal, sys, time
import numpy as np
import torch
import torch.nn.functional as F
from diffit_torch import build


def newton_schulz(x):
    """[k, rows, columns] -> matrices with singular values near 1."""
    flip = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if flip else x
    x = x / (x.pow(2).sum(dim=(1, 2), keepdim=True).sqrt() + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x.transpose(1, 2) if flip else x


class Muon:
    """Of parameters that are matrices side by side, {name: how many}; equal shapes are one batch."""
    def __init__(self, named, matrices, momentum):
        self.momentum = momentum
        self.ps = [p for n, p in named if n in matrices]
        self.parts = [matrices[n] for n, _ in named if n in matrices]
        self.buffers = [torch.zeros_like(p) for p in self.ps]
        self.groups = {}
        for i, (p, k) in enumerate(zip(self.ps, self.parts)):
            rows = p.shape[0] // k
            self.groups.setdefault((rows, p.numel() // p.shape[0]), []).append(i)

    def step(self, lr):
        grads, keep = [p.grad for p in self.ps], self.momentum
        torch._foreach_mul_(self.buffers, keep)
        torch._foreach_add_(self.buffers, grads, alpha=1 - keep)
        updates = torch._foreach_mul(grads, 1 - keep)
        torch._foreach_add_(updates, self.buffers, alpha=keep)
        for (rows, columns), group in self.groups.items():
            x = newton_schulz(torch.cat([updates[i].reshape(-1, rows, columns) for i in group]))
            sizes = [self.parts[i] for i in group]
            for i, y in zip(group, x.split(sizes)):
                self.ps[i].add_(y.reshape(self.ps[i].shape), alpha=-lr * math.sqrt(max(1, rows / columns)))


def rate_of(training, total):
    """Images seen, the update's own among them -> the learning rate. `total`: images of the run."""
    peak, warm, batch = training["learning_rate"], training["warmup_images"], training["batch"]
    schedule, share = training["schedule"], training["cooldown"]
    if schedule not in ("constant", "inverse_sqrt"):
        raise SystemExit(f"schedule is {schedule}: expected constant or inverse_sqrt")
    to = math.ceil(total / batch) * batch
    start = max(batch, math.ceil((to - share * to) / batch - 1e-9) * batch)

    def rate(images):
        r = peak * min(1, images / warm) if warm else peak
        if schedule == "inverse_sqrt":
            r *= min(1, math.sqrt(training["decay_images"] / images))
        return r if share == 0 else r * min(1, max(0, (to - images) / (to - start)))
    return rate


class Trainer:
    """A model with its optimiser and its average; the parameters are those given, by the reference's names."""
    def __init__(self, config, training, matrices, parameters, total, device="cpu", dtype=torch.float32, channels_last=False):
        for field, only in (("loss", "mse"), ("weight", "process"), ("process", "edm"), ("matrix_weight_decay", 0)):
            if training.get(field, only) != only:
                raise SystemExit(f"{field} is {training[field]}: PyTorch's side only has {only}")
        c = self.training = training
        self.memory = torch.channels_last if channels_last else torch.contiguous_format
        self.model = build(config).to(device=device, dtype=dtype)
        self.view = build(config).to(device=device, dtype=dtype)
        with torch.no_grad():
            for n, p in self.model.named_parameters():
                p.copy_(torch.as_tensor(parameters[n]))
        self.model.to(memory_format=self.memory)
        self.view.to(memory_format=self.memory)
        named = list(self.model.named_parameters())
        self.ps = [p for _, p in named]
        self.average = [p.detach().clone() for p in self.ps]
        matrices = matrices if c["optimiser"] == "muon" else {}
        self.muon = Muon(named, matrices, c.get("matrix_momentum", 0.95)) if matrices else None
        self.adamw = torch.optim.AdamW([p for n, p in named if n not in matrices], lr=c["learning_rate"], betas=(c["beta1"], c["beta2"]),
                                       eps=c["eps"], weight_decay=c["weight_decay"], foreach=True)
        self.rate, self.images = rate_of(c, total), 0

    def network(self, model, x, sigma, y):
        return model(x.to(memory_format=self.memory), sigma.log() / 4, y)

    def step(self, x, noise, sigma, y):
        """x, noise [b, c, h, w]; the loss is of F, whose weight is 1 at every level (Karras et al. 2022, Table 1)."""
        c, sd = self.training, self.training["sigma_data"]
        s = sigma.view(-1, 1, 1, 1)
        root = torch.sqrt(s * s + sd * sd)
        target = s / (sd * root) * x - sd / root * noise
        self.adamw.zero_grad(set_to_none=True)
        for p in self.ps:
            p.grad = None
        loss = F.mse_loss(self.network(self.model, (x + s * noise) / root, sigma, y), target)
        loss.backward()
        self.images += len(x)
        lr = self.rate(self.images)
        with torch.no_grad():
            grads = [p.grad for p in self.ps]
            norm = torch.stack(torch._foreach_norm(grads)).norm()
            torch._foreach_mul_(grads, float(min(1.0, c["clip"] / (float(norm) + 1e-6))))
            self.adamw.param_groups[0]["lr"] = lr
            self.adamw.step()
            if self.muon:
                self.muon.step(lr * c["matrix_learning_rate"] / c["learning_rate"])
            keep = 0.5 ** (len(x) / max(1e-8, min(c["ema_half_life"], c["ema_ramp"] * self.images)))
            torch._foreach_mul_(self.average, keep)
            torch._foreach_add_(self.average, [p.detach() for p in self.ps], alpha=1 - keep)
        return float(loss)

    @torch.no_grad()
    def validate(self, x, noise, sigma, y, sd=0.5):
        """The mean of EDM's loss of the averaged parameters."""
        for p, q in zip(self.view.parameters(), self.average):
            p.copy_(q)
        total = 0.0
        for i in range(0, len(x), 64):
            s = sigma[i:i + 64].view(-1, 1, 1, 1)
            root, n, part = torch.sqrt(s * s + sd * sd), noise[i:i + 64], x[i:i + 64]
            f = self.network(self.view, (part + s * n) / root, sigma[i:i + 64], y[i:i + 64])
            total += float(((f - (s / (sd * root) * part - sd / root * n)) ** 2).mean(dim=(1, 2, 3)).sum())
        return total / len(x)

    def state(self):
        return {"model": self.model.state_dict(), "adamw": self.adamw.state_dict(), "average": self.average,
                "muon": self.muon.buffers if self.muon else None, "images": self.images}

    def load(self, state):
        self.model.load_state_dict(state["model"])
        self.adamw.load_state_dict(state["adamw"])
        self.average, self.images = state["average"], state["images"]
        if self.muon:
            self.muon.buffers = state["muon"]


class Data:
    def __init__(self, path, device):
        z = np.load(path)
        self.device = device
        move = lambda a: torch.from_numpy(a).to(device)
        first = lambda a: move(np.ascontiguousarray(a.transpose(0, 3, 1, 2).astype(np.float32)))
        pictures = z["pictures"].astype(np.float32) / 127.5 - 1
        self.pictures = first(pictures)
        self.index, self.mirrored = move(z["index"].astype(np.int64)), move(z["mirrored"].astype(np.bool_))
        self.sigma, self.label = move(z["sigma"].astype(np.float32)), move(z["label"].astype(np.int64))
        self.sets = {k: (first(z[f"{k}.image"]), first(z[f"{k}.noise"]), move(z[f"{k}.sigma"].astype(np.float32)),
                         move(z[f"{k}.label"].astype(np.int64))) for k in ("edm", "own")}
        self.parameters = {n[len("parameters."):]: z[n] for n in z.files if n.startswith("parameters.")}

    def batch(self, start, n):
        """The pictures at positions `start` and after of the order, which begins again where it ends."""
        at = torch.arange(start, start + n, device=self.device) % len(self.index)
        x = self.pictures[self.index[at]]
        x = torch.where(self.mirrored[at].view(-1, 1, 1, 1), x.flip(3), x)
        g = torch.Generator().manual_seed(start)
        return x, torch.randn(x.shape, generator=g).to(self.device), self.sigma[at], self.label[at]


def opened(job):
    torch.set_num_threads(job["threads"])
    data = Data(job["data"], job["device"])
    trainer = Trainer(job["config"], job["training"], job["matrices"], data.parameters, job["images"], job["device"],
                      channels_last=job["channels_last"])
    return data, trainer


def synchronised(device):
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter()


def train(job):
    data, trainer = opened(job)
    path, batch, stop = os.path.join(job["out"], "state.pt"), job["training"]["batch"], []
    os.makedirs(job["out"], exist_ok=True)
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda *_: stop.append(1))
    points, seconds = [], 0.0
    if os.path.exists(path):
        saved = torch.load(path, map_location=job["device"])
        trainer.load(saved["trainer"])
        points, seconds = saved["points"], saved["seconds"]
    for p in points:
        print(json.dumps(p), flush=True)

    def save():
        torch.save({"trainer": trainer.state(), "points": points, "seconds": seconds}, path + ".tmp")
        os.replace(path + ".tmp", path)
    last, kept = (points[-1]["images"] if points else 0), time.time()
    marks = [m for m in job["marks"] if m > max(last, trainer.images)]
    done = bool(points) and job["goal"] is not None and points[-1]["loss"] <= job["goal"]
    while not stop and not done and trainer.images < job["images"]:
        begin = synchronised(job["device"])
        trainer.step(*data.batch(trainer.images, batch))
        seconds += synchronised(job["device"]) - begin
        if (marks and trainer.images >= marks[0]) or trainer.images >= job["images"]:
            marks = [m for m in marks if m > trainer.images]
            points.append({"images": trainer.images, "loss": trainer.validate(*data.sets["edm"]),
                           "own": trainer.validate(*data.sets["own"]), "seconds": seconds})
            print(json.dumps(points[-1]), flush=True)
            done = job["goal"] is not None and points[-1]["loss"] <= job["goal"]
            save()
            kept = time.time()
        elif time.time() > kept + 120:
            save()
            kept = time.time()
    save()
    print(json.dumps({"end": "stopped" if stop else "done"}), flush=True)


def pace(job):
    data, trainer = opened(job)
    batch = job["training"]["batch"]
    for line in sys.stdin:
        times = []
        for _ in range(json.loads(line)["steps"]):
            begin = synchronised(job["device"])
            trainer.step(*data.batch(trainer.images, batch))
            times.append(1e3 * (synchronised(job["device"]) - begin))
        print(json.dumps({"times": times}), flush=True)


def describe(device):
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    return {"version": f"PyTorch {torch.__version__}", "device": name}


if __name__ == "__main__":
    if sys.argv[1] == "describe":
        print(json.dumps(describe(sys.argv[2])))
    else:
        {"train": train, "pace": pace}[sys.argv[1]](json.load(open(sys.argv[2])))
