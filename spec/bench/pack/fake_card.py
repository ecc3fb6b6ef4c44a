"""torch_steps.py on a card that is the processor: what is asked of torch.cuda is counted, not done.

A model of width 13 hangs, of width 11 ends its process: what is planted to see that the others go on. The job's `limit` is a
list, one for each process.
"""
import json, os, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench", "pack"))
import torch
import torch_steps as steps

events = []


class Stream:
    def __init__(self):
        self.inside = False

    def wait_stream(self, other):
        events.append("wait")

    def __enter__(self):
        events.append("side stream")

    def __exit__(self, *_):
        events.append("back")


class Graph:
    def replay(self):
        events.append("replay")


class Capture:
    def __init__(self, graph):
        assert isinstance(graph, Graph)

    def __enter__(self):
        events.append("capture")

    def __exit__(self, *_):
        events.append("captured")


def moved(to):
    return lambda self, *args, **named: self if args == ("cuda",) else to(self, *args, **named)


torch.Tensor.to, torch.nn.Module.to = moved(torch.Tensor.to), moved(torch.nn.Module.to)
torch.cuda.is_available = lambda: True
torch.cuda.Stream, torch.cuda.CUDAGraph, torch.cuda.graph = Stream, Graph, Capture
torch.cuda.current_stream, torch.cuda.stream = Stream, lambda stream: stream
torch.compile = lambda model: model

example, say = steps.example, steps.say


class OnceFused(torch.optim.AdamW):
    """Refuses what is fused after it has read the parameters, as PyTorch 2.0 does on the processor."""

    def __init__(self, parameters, fused=False, capturable=False, **options):
        assert capturable in (False, True)
        super().__init__(parameters, **options)
        if fused:
            raise RuntimeError("fused=True is not for these")

    def zero_grad(self, set_to_none=False):
        events.append("no gradients" if set_to_none else "zeros")
        super().zero_grad(set_to_none=set_to_none)

    def step(self):
        events.append("step")
        super().step()


def planted(config, batch):
    if config["width"] == 13:
        time.sleep(60)
    if config["width"] == 11:
        os.abort()
    return example(config, batch)


torch.optim.AdamW, steps.example = OnceFused, planted
isolated, limits = steps.isolated, iter(json.loads(sys.argv[1])["limit"])
steps.isolated = lambda act, _: isolated(act, next(limits))
steps.say = lambda **row: say(**row, events=events, tf32=torch.backends.cuda.matmul.allow_tf32)
steps.main()
