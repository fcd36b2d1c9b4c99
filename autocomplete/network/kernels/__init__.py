"""Training kernels with hand-written backward passes: recurrent layers, dense layers, output layers with their loss.

Shapes: ``B`` batch, ``T`` time, ``D`` inputs, ``H`` hidden, ``E`` embedding, ``V`` vocabulary, ``N`` rows (``T * B``),
``G`` the values that a cell computes for each of its units before squashing: 4 of an LSTM, 3 of a GRU, 1 of an RNN.
Weights, state and sums stay in the caller's type (float32; float64 in tests). With ``precision="bfloat16"`` only the
operands of products are rounded; the products accumulate in the caller's type.

Why by hand. XLA on a CPU with bfloat16 units runs ``a @ b`` and ``a @ b.T`` on them, but widens ``a.T @ b`` to float32.
Every weight gradient is of that form, and a transpose written beside the product is folded back into it. So a weight
gradient's operands are padded in between. Measured on 2 cores of an AMD EPYC (hidden 650, batch 20, 35 steps): a
recurrent weight gradient takes 8.1 ms, not 13.9. The loss turns its rows, not the odds of all words, and what keeps
their transpose apart are the ones that it lays below them; a test reads the compiled program.

A matrix on the right of a product is packed anew each time; on the left it is read as it lies. So a large matrix of a
loop stands on the left, and what comes out turned is turned back. The gradient of the words' vectors is made turned,
too, with the odds on the right, for the other way it would be they that are turned.

The compiler folds the transpose of a product's result, too, into a product that its runtime refuses ("Unsupported
element type for DotThunk"). It sees none across the border of a loop, so the loss turns its results outside. But it
removes a loop of one iteration: rows always make at least two blocks, and where it depends on the targets how many are
scored, the number passes a barrier.
"""
