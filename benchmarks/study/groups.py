"""What the page on stages and features is about: which models stand in which table, what was aimed at, what is measured."""

STAGES = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2", "embedding")
CLASSIFIERS = {"logistic": "linear (logistic regression)", "svm": "SVM (RBF)", "mlp": "MLP with 1024 hidden units"}
COMPONENTS = {64: "components-64", 128: "components-128", 256: "components-256", 512: "128x8x8-svm", 768: "components-768"}
SIDE = 150  # pixels of a chip
COSTED = 256  # faces that the cost of a feature is measured on
FACES = {1000: "faces-1000", 3000: "faces-3000", 10000: "faces-10000", 28709: "128x8x8-svm"}
GROUPS = {  # tables of the page: what each model is, by name
    "classical": {
        "landmarks": "68 landmarks", "geometry": "landmark geometry", "hog": "HOG", "geometry-hog": "landmark geometry + HOG",
        "lbp": "LBP", "gabor": "Gabor", "pixels": "pixels", "bovw": "bag of visual words",
        "flips-bovw": "the same, with mirrored faces in training and averaged over",
        "bovw-mlp": "the same with an MLP in place of the SVM"},
    "inputs": {
        "128x8x8-svm": "128x8x8 whole, chips aligned by 5 points", "aligned-68": "chips aligned by 68 points",
        "aligned-none": "not aligned", "pooled-4x4": "means over 4x4", "pooled-2x2": "means over 2x2",
        "pooled-1x1": "means over the whole map"},
    "curves": {
        **{name: f"{count} components, all faces" for count, name in COMPONENTS.items()},
        **{name: f"512 components, {count:,} faces" for count, name in FACES.items() if name not in COMPONENTS.values()}},
    "classifiers": {
        "128x8x8-svm": "SVM (RBF)", "128x8x8-mlp": "MLP", "128x8x8-logistic": "logistic regression, whole map",
        "linear-svm": "linear SVM, whole map", "knn": "k nearest neighbours", "nystroem": "Nystroem's kernel, then linear",
        "lda": "LDA", "forest": "random forest"},
    "views": {
        "128x8x8-svm": "SVM, no views", "tta-only": "SVM, averaged over the flip", "flips-svm": "SVM, both",
        "flips-aligned-68": "SVM, both, chips aligned by 68 points", "flips-zoomed": "SVM, both, the chip enlarged to 120 %",
        "128x8x8-logistic": "logistic, no views", "flips-logistic": "logistic, both", "mixup-mlp": "MLP, no views",
        "trained-flips-mlp": "MLP, trained on the flip", "flips-mlp": "MLP, both",
        "aligned-68-mlp": "MLP, both, chips aligned by 68 points",
        "scales-mlp": "MLP, both, and the chip enlarged to 120 % besides",
        "jitter-mlp": "MLP of 768 components, 20 epochs, without mixup: trained on the flip and two random draws"},
    "blends": {
        "flips-svm-64x17x17": "SVM on 64x17x17, means over 8x8", "default-svm": "SVM on 128x8x8",
        "flips-svm-256x4x4": "SVM on 256x4x4",
        "flips-mlp-stages": "MLP on these three", "jitter-mlp": "MLP on 128x8x8, random views",
        "blend": "vote of these and the bag of visual words",
        "mixup-mlp-stages": "MLP on these three, trained slower and on mixed pairs (mixup)",
        "vote": "vote of the three SVMs, this MLP and the bag of visual words",
        "vote-of-six": "the same and the MLP on 128x8x8",
        "looks-vote": "vote of nine: the three SVMs; SVM and MLP on chips aligned by 68 points; SVM on the chip enlarged, MLP "
                      "on both sizes; SVM and MLP on visual words"},
    "tuned": {
        "backbone-logistic": "256x2x2, logistic", "backbone-svm": "256x4x4, SVM", "backbone-128x8x8": "128x8x8, SVM",
        "backbone-mlp": "256x4x4, MLP", "backbone-vote": "vote of these but the logistic one",
        "backbone-blend": "vote of the same three, the three SVMs and the two MLPs on frozen maps"},
    "ridge": {
        "ridge": "kernel ridge on 128x8x8", "ridge-stages": "kernel ridge on three stages, 1,024 components",
        "mlps-stages": "three MLPs on three stages, 768 components", "compact-mlp": "three MLPs on 128x8x8, 384 components"},
    "votes": {
        "votes-ridge": "kernel ridge on 128x8x8", "votes-mlps": "three MLPs on 128x8x8"},
    "shipped": {"stages": "fer2013: SVM and MLP on 128x8x8", "small": "small: MLP on few components"},
}
SHIPPED = {"fer2013": "stages", "small": "small", "svm": "svm"}  # by the name of a model that ships: the name of its card
HEADLINE = {  # by model: what it is, figures published or measured before, aim and high aim, all % of test
    "geometry": ("landmarks alone, SVM", "39.2", 50, 55),
    "hog": ("HOG alone, SVM", "29.0", 58, None),
    "geometry-hog": ("landmarks + HOG, SVM", "48.2, 50.5", 60, 65),
    "flips-bovw": ("bag of visual words, SVM", "67.48", 64, 67.5),
    "flips-logistic": ("one frozen stage, linear", "", 67.5, 70),
    "default-svm": ("one frozen stage, SVM", "", 73.5, 75),
    "flips-mlp": ("one frozen stage, MLP 512-1024-7", "", 72.5, 74),
    "looks-vote": ("frozen features, best blend on val", "70.49 (CNN), 73.28 (VGG)", 75, 76.9),
    "votes-ridge": ("one network fine-tuned, one classifier", "", 75, 76),
    "backbone-blend": ("with the network fine-tuned", "74.14, 75.42", 75, 77),
    "compact-mlp": ("a model of at most 5 MB", "", 73, 74),
}


def clean(card, split="val"):
    """Return the accuracy of a card, %, on the images of a split that have no copy in the training split."""
    return 100 * card["figures"][split]["copies"]["accuracy_without"]
