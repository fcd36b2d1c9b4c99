"""Training kernels with hand-written backward passes: recurrent layers, dense layers, the output layer with its loss.

Shapes: ``B`` batch, ``T`` time, ``D`` inputs, ``H`` hidden, ``E`` embedding, ``V`` vocabulary, ``N`` rows (``T * B``),
``G`` the values that a cell computes for each of its units before squashing: 4 of an LSTM, 3 of a GRU, 1 of an RNN.
Weights, state and sums stay in the caller's type (float32; float64 in tests). With ``precision="bfloat16"`` only the
operands of products are rounded; the products accumulate in the caller's type.

Why by hand. XLA on a CPU with bfloat16 units runs ``a @ b`` and ``a @ b.T`` on them, at about 540 GFLOP/s a core, but
widens ``a.T @ b`` to float32, at 120. Every weight gradient is of that form, and a transpose written beside the
product is folded back into it. So here a transpose leaves a scan as one of its outputs, or enters it as part of the
carry, where the compiler cannot see through it, and the loss works on logits with the vocabulary as the *first* axis.
Measured on 2 cores (hidden 512, batch 64, 35 steps): a recurrent weight gradient takes 11 ms of a core, not 40.

Where a large matrix stands on the right, the runtime packs it anew at each product; on the left it is read as it lies.

The compiler folds any transpose that it sees beside a product, be it of an operand or of the result, into a product
that its runtime refuses ("Unsupported element type for DotThunk"). It sees none across the border of a loop, so results
are turned outside. But it removes a loop of one iteration: one step alone therefore takes float32, no step is left over
after a scan's unrolled ones, and rows always make at least two blocks.
"""
