"""Train the finder's network (`leukolens.cells.network`) and export it.

    python studies/train_finder.py OUT.onnx MINUTES bccd txl_pbc --data ../shared/data

Boxes are the sources' own; a white cell's outline is what is not slide inside the ellipse of its box, its nucleus the
darker class by Otsu's threshold. Pictures are brought to red cells of 24 px; optical densities are mixed at random, so
that no stain is learned; white cells are pasted, and cells are drawn, until they touch. One thread; the learning rate
ends with the minutes, so the weights depend on the machine. The network that ships: 9
minutes with --crowded 0 and neither drawn cells nor crowds (890 steps), on two cores that others used too.
"""

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from finding import red_cell, voc_bccd, yolo
from PIL import Image

from leukolens.cells.stain import find_light, optical_density
from leukolens.research.networks.onnx_file import without_origins

RED = 24


def softmask(od, box, others):
    """od at RED px; box -> mask,nuc float at same res"""
    h, w = od.shape[:2]
    g = od[..., 1]
    mx = cv2.GaussianBlur(od.max(2), (0, 0), 0.7)
    yy, xx = np.mgrid[:h, :w] + 0.5
    cx, cy, rx, ry = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    e = (np.abs((xx - cx) / rx) ** 2.3 + np.abs((yy - cy) / ry) ** 2.3) < 1
    if e.sum() < 12:
        return None
    v = g[e]
    t, _ = cv2.threshold(np.clip(v / 3 * 255, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    t = t / 255 * 3
    nuc = e & (g > t)
    m = e & (mx > 0.06)
    for o in others:
        ox, oy, a, b = (o[0] + o[2]) / 2, (o[1] + o[3]) / 2, (o[2] - o[0]) / 2, (o[3] - o[1]) / 2
        if ((ox - cx) / rx) ** 2 + ((oy - cy) / ry) ** 2 > 0.8:
            m &= ~(((xx - ox) / (0.9 * a)) ** 2 + ((yy - oy) / (0.9 * b)) ** 2 < 1) | nuc
    k = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    m = cv2.morphologyEx(m.astype(np.uint8), cv2.MORPH_CLOSE, k)
    m = cv2.morphologyEx(m, cv2.MORPH_OPEN, k)
    n, part, st, _ = cv2.connectedComponentsWithStats(m)
    if n > 1:
        m = (part == 1 + st[1:, 4].argmax()).astype(np.uint8)
    cs, _ = cv2.findContours(m, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(m, cs, -1, 1, -1)
    if m[e].mean() < 0.75:
        m = e.astype(np.uint8)
    return m, nuc.astype(np.uint8)


CL = {"WBC": 0, "RBC": 1, "Platelets": 2}


def item(p, b):
    im = np.array(Image.open(p).convert("RGB"))
    light = find_light(im)
    d = red_cell(b, im.shape)
    if d is None:
        return None
    f = RED / d
    small = cv2.resize(im, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
    od = optical_density(small, light)
    B = [(CL[c[0]], *[v * f for v in c[1]]) for c in b if c[0] in CL]
    h, w = od.shape[:2]
    M = np.zeros((h, w), np.uint8)
    N = np.zeros((h, w), np.uint8)
    inst = np.zeros((h, w), np.uint8)
    k = 0
    for c in B:
        if c[0] == 0:
            r = softmask(od, c[1:], [o[1:] for o in B if o[0] == 1])
            if r:
                M |= r[0]
                N |= r[1]
                k += 1
                inst[r[0] > 0] = k
    return {"od": od.astype(np.float16), "boxes": np.array(B, np.float32), "mask": M, "nuc": N, "inst": inst}


S = 96


def drawn(r, nucleus):
    """a generated cell: nucleus and cytoplasm of one stain"""
    R = int(r.uniform(13, 30))
    n = 2 * R + 1
    yy, xx = np.mgrid[:n, :n] - R
    th = np.arctan2(yy, xx)
    edge = 1 + sum(r.normal(0, 0.05 / k) * np.cos(k * th + r.uniform(0, 6.28)) for k in range(1, 6))
    a = r.uniform(0, 3.14)
    asp = r.uniform(0.75, 1)
    u = xx * np.cos(a) + yy * np.sin(a)
    v = (-xx * np.sin(a) + yy * np.cos(a)) / asp
    m = np.hypot(u, v) < 0.97 * R * edge * 0.95
    share = r.uniform(0.45, 0.92)
    ox = r.uniform(-1, 1) * (1 - share) * R * 0.8
    oy = r.uniform(-1, 1) * (1 - share) * R * 0.6
    b = r.uniform(0.75, 1)
    e2 = 1 + sum(r.normal(0, 0.05 / k) * np.cos(k * th + r.uniform(0, 6.28)) for k in range(1, 5))
    nu = (np.hypot((u - ox), (v - oy) / b) < share * R * asp * e2) & m
    tex = cv2.resize(
        r.normal(0, 1, (max(3, n // 5),) * 2).astype(np.float32), (n, n), interpolation=cv2.INTER_CUBIC
    ) * r.uniform(0.03, 0.18)
    cyt = nucleus * r.uniform(0.1, 0.6) * np.exp(r.normal(0, 0.2, 3))
    t2 = cv2.resize(
        r.normal(0, 1, (max(3, n // 7),) * 2).astype(np.float32), (n, n), interpolation=cv2.INTER_CUBIC
    ) * r.uniform(0.02, 0.15)
    od = np.where(nu[..., None], nucleus * np.exp(r.normal(0, 0.12)), cyt * (1 + t2[..., None])) * (
        1 + tex[..., None] * nu[..., None]
    )
    al = m.astype(np.float32)
    return od.astype(np.float32), al, nu.astype(np.float32)


def sample(r, items, bank, crowded):
    it = items[r.integers(len(items))]
    z = math.exp(r.normal(0, 0.18))
    ar = math.exp(r.normal(0, 0.05))
    r.uniform(0, 2 * math.pi)
    fl = r.choice([-1, 1])
    od = it["od"].astype(np.float32)
    h, w = od.shape[:2]
    B = it["boxes"].copy()
    B = B[((B[:, 3] - B[:, 1]) > 3) & ((B[:, 4] - B[:, 2]) > 3)]
    wb = B[B[:, 0] == 0]
    if len(wb) and r.random() < 0.75:
        b = wb[r.integers(len(wb))]
        cx, cy = (b[1] + b[3]) / 2 + r.normal(0, 14), (b[2] + b[4]) / 2 + r.normal(0, 14)
    else:
        cx, cy = r.uniform(0, w), r.uniform(0, h)
    q = r.integers(4) * math.pi / 2 + (r.normal(0, 0.12))
    A = z * np.array([[math.cos(q), -math.sin(q)], [math.sin(q), math.cos(q)]]) @ np.diag([fl * ar, 1 / ar])
    t = np.array([S / 2, S / 2]) - A @ np.array([cx, cy])
    M = np.hstack([A, t[:, None]])
    x = cv2.warpAffine(od, M, (S, S), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0))
    m = cv2.warpAffine(it["mask"].astype(np.float32), M, (S, S))
    n = cv2.warpAffine(it["nuc"].astype(np.float32), M, (S, S))
    out = []
    for b in B:
        c = A @ np.array([(b[1] + b[3]) / 2, (b[2] + b[4]) / 2]) + t
        s = z * np.array([b[3] - b[1], b[4] - b[2]])
        s = s[:: (-1 if abs(math.sin(q)) > 0.7 else 1)]
        out.append((b[0], *c, *s))
    # copy-paste
    crowd = r.random() < crowded
    k0 = bank[r.integers(len(bank))]
    nucleus = k0[0][k0[2] > 0].mean(0) if (k0[2] > 0).any() else np.array([0.8, 1.2, 0.4])
    if m.max() > 0.5 and (n > 0.5).sum() > 20:
        nucleus = x[n > 0.5].mean(0)
    if crowd:
        x = (
            x
            + np.abs(r.normal(0, 0.12))
            * np.exp(r.normal(0, 0.3, 3))
            * (1 + 0.25 * cv2.resize(r.normal(0, 1, (7, 7)).astype(np.float32), (S, S), interpolation=cv2.INTER_CUBIC))[
                ..., None
            ]
        )
    for _ in range(r.integers(3, 11) if crowd else r.choice([0, 0, 1, 2])):
        c = bank[r.integers(len(bank))] if r.random() < 0.45 else drawn(r, nucleus)
        a = r.integers(4)
        co, cm, cn = [np.ascontiguousarray(np.rot90(v, a)) for v in c]
        f = z * math.exp(r.normal(0, 0.08))
        co, cm, cn = [cv2.resize(v, None, fx=f, fy=f) for v in (co, cm, cn)]
        ch, cw = cm.shape
        wh = [o for o in out if o[0] == 0]
        if wh and r.random() < 0.6:
            o = wh[r.integers(len(wh))]
            th = r.uniform(0, 6.28)
            dd = 0.5 * (0.5 * (o[3] + o[4]) + 0.5 * (ch + cw)) * r.uniform(0.85, 1.1)
            px, py = o[1] + dd * math.cos(th), o[2] + dd * math.sin(th)
        else:
            px, py = r.uniform(0, S), r.uniform(0, S)
        if any(math.hypot(px - o[1], py - o[2]) < 0.42 * (0.5 * (o[3] + o[4]) + 0.5 * (ch + cw)) for o in wh):
            continue
        MM = np.array([[1, 0, px - cw / 2], [0, 1, py - ch / 2]], np.float32)
        al = cv2.GaussianBlur(cv2.warpAffine(cm, MM, (S, S)), (0, 0), 0.7)
        oo = cv2.warpAffine(co, MM, (S, S))
        nn_ = cv2.warpAffine(cn, MM, (S, S))
        x = x * (1 - al[..., None]) + oo * al[..., None]
        m = np.maximum(m, al > 0.5)
        n = np.where(al > 0.5, nn_, n)
        out = [
            o for o in out if not (o[0] > 0 and al[int(np.clip(o[2], 0, S - 1)), int(np.clip(o[1], 0, S - 1))] > 0.5)
        ]
        out.append((0, px, py, cw, ch))
    # colour: density mixing
    G = np.eye(3) * np.exp(r.normal(0, 0.35, 3))[:, None] + r.normal(0, 0.12, (3, 3))
    x = x @ G.astype(np.float32) * math.exp(r.normal(0, 0.25))
    x = x + r.normal(0, 0.03) + r.normal(0, 0.02, 3)
    if r.random() < 0.5:
        x = cv2.GaussianBlur(x, (0, 0), r.uniform(0.3, 1.1))
    x = x + r.normal(0, r.uniform(0, 0.06), x.shape)
    x = np.clip(x, 0, 3).astype(np.float32)
    s = S // 2
    hm = np.zeros((3, s, s), np.float32)
    wh = np.zeros((2, s, s), np.float32)
    wm = np.zeros((s, s), np.float32)
    yy, xx = np.mgrid[:s, :s]
    for c, cx, cy, bw, bh in out:
        c = int(c)
        cx, cy = cx / 2, cy / 2
        if not (-1 < cx < s and -1 < cy < s):
            continue
        sg = max(1.0, 0.12 * (bw + bh) / 4)
        g = np.exp(-((xx + 0.5 - cx) ** 2 + (yy + 0.5 - cy) ** 2) / (2 * sg * sg))
        np.maximum(hm[c], g, out=hm[c])
        i, j = int(np.clip(cy, 0, s - 1)), int(np.clip(cx, 0, s - 1))
        hm[c, i, j] = 1
        sel = ((xx + 0.5 - cx) ** 2 + (yy + 0.5 - cy) ** 2) < (2.2**2 if c == 0 else 1.3**2)
        wh[0][sel] = math.log(bw / 24)
        wh[1][sel] = math.log(bh / 24)
        wm[sel] = 1
    mm = cv2.resize(np.stack([m, n], -1).astype(np.float32), (s, s), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    return x.transpose(2, 0, 1), hm, wh, wm, mm


def cb(i, o, st=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, st, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Finder(nn.Module):
    def __init__(s, c=(16, 32, 64, 96)):
        super().__init__()
        a, b, d, e = c
        s.e1 = nn.Sequential(cb(3, a, 2), cb(a, a))
        s.e2 = nn.Sequential(cb(a, b, 2), cb(b, b))
        s.e3 = nn.Sequential(cb(b, d, 2), cb(d, d))
        s.e4 = nn.Sequential(cb(d, e, 2), cb(e, e), cb(e, e))
        s.d3 = cb(e + d, d)
        s.d2 = cb(d + b, b)
        s.d1 = nn.Sequential(cb(b + a, 24), cb(24, 24))
        s.out = nn.Conv2d(24, 7, 1)
        nn.init.constant_(s.out.bias[:3], -3.0)

    def forward(s, x):
        a = s.e1(x)
        b = s.e2(a)
        d = s.e3(b)
        e = s.e4(d)

        def up(t, k):
            return F.interpolate(t, size=k.shape[-2:], mode="bilinear", align_corners=False)

        d = s.d3(torch.cat([up(e, d), d], 1))
        b = s.d2(torch.cat([up(d, b), b], 1))
        a = s.d1(torch.cat([up(b, a), a], 1))
        return s.out(a)


def loss_fn(o, hm, wh, wm, mm):
    p = torch.sigmoid(o[:, :3]).clamp(1e-4, 1 - 1e-4)
    pos = (hm >= 0.999).float()
    fl = -(pos * torch.log(p) * (1 - p) ** 2 + (1 - pos) * (1 - hm) ** 4 * p**2 * torch.log(1 - p))
    w = torch.tensor([1.0, 0.5, 0.5]).view(1, 3, 1, 1)
    l1 = (fl * w).sum() / pos.sum().clamp(min=1)
    l2 = (F.smooth_l1_loss(o[:, 3:5], wh, reduction="none", beta=0.05).sum(1) * wm).sum() / wm.sum().clamp(min=1)
    s = torch.sigmoid(o[:, 5:7])
    bce = F.binary_cross_entropy_with_logits(o[:, 5:7], mm)
    dice = 1 - ((2 * (s * mm).sum((0, 2, 3)) + 1) / ((s + mm).sum((0, 2, 3)) + 1)).mean()
    return l1, l2, 2 * bce + dice


def bank_of(items):
    out = []
    for it in items:
        h, w = it["mask"].shape
        for b in it["boxes"]:
            if b[0] == 0 and b[1] > 1 and b[2] > 1 and b[3] < w - 1 and b[4] < h - 1:
                y0, y1, x0, x1 = int(b[2]), int(b[4]) + 1, int(b[1]), int(b[3]) + 1
                k = it["inst"][int((b[2] + b[4]) / 2), int((b[1] + b[3]) / 2)]
                if k == 0:
                    continue
                m = (it["inst"][y0:y1, x0:x1] == k).astype(np.float32)
                if m.mean() < 0.5:
                    continue
                out.append((it["od"][y0:y1, x0:x1].astype(np.float32), m, it["nuc"][y0:y1, x0:x1].astype(np.float32)))
    return out


def train(items, minutes, crowded, start, seed):
    """The network after so many minutes; start: weights to go on from."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    bank = bank_of(items)
    r = np.random.default_rng(seed)
    net = Finder()
    if start:
        net.load_state_dict(torch.load(start, weights_only=True))
    rate = 1.2e-3 if start else 2e-3
    opt = torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-3)
    began = time.time()
    step = 0
    while (done := (time.time() - began) / (60 * minutes)) < 1:
        for group in opt.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * done)) + 1e-5
        batch = [
            torch.from_numpy(np.stack(v))
            for v in zip(*[sample(r, items, bank, crowded) for _ in range(12)], strict=True)
        ]
        heat, size, pixels = loss_fn(net(batch[0]), *batch[1:])
        opt.zero_grad()
        (heat + 2 * size + pixels).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5)
        opt.step()
        step += 1
        if step % 50 == 0:
            print(step, *(f"{float(part.detach()):.3f}" for part in (heat, size, pixels)), flush=True)
    return net


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("minutes", type=float)
    parser.add_argument("sources", nargs="+", choices=["bccd", "txl_pbc"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--crowded", type=float, default=0.2)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    o = parser.parse_args()
    read = {"bccd": voc_bccd, "txl_pbc": yolo}
    items = [
        found for source in o.sources for path, boxes in read[source](o.data / "fields") if (found := item(path, boxes))
    ]
    net = train(items, o.minutes, o.crowded, o.start, o.seed).eval()
    torch.save(net.state_dict(), o.out.with_suffix(".pt"))
    auto = torch.export.Dim.AUTO
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, 96, 128),),
        o.out,
        input_names=["density"],
        output_names=["maps"],
        dynamic_shapes=({2: auto, 3: auto},),
        dynamo=True,
        external_data=False,
    )
    onnx.save(without_origins(onnx.load(o.out)), o.out)


if __name__ == "__main__":
    main()
