"""What five systems published, and which model of ours stands beside each figure: the rows of the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A model of ours beside a published figure.

    card: folder of its page and name of its card; words: what it is
    published: as it is printed, % of test unless it says so; aim: % of test that ours is to reach, None where there is none
    """

    card: str
    words: str
    published: str = ""
    aim: float | None = None


BEST_FROZEN, BEST_TUNED = "study/looks-vote", "study/backbone-blend"  # on val without copies, of dlib's network as it is; tuned
REPORTED = ("study/stages", BEST_FROZEN, "study/backbone-mlp", BEST_TUNED)  # of those that are no networks: shown one by one
BACKBONE, BACKBONE_MINUTES = "study/backbone", 48  # dlib's network trained on; its card holds no time, this is by the clock

SYSTEMS = {  # by the name of its section in the template: (title, rows)
    "blocks": ("CNN with an adversarial neighbour loss, 2020", (
        Row("systems/blocks15", "blocks15, adversarial loss", "70.49", 70.5),
        Row("systems/blocks15-plain-loss", "blocks15, without it"),
        Row("systems/blocks15-three", "blocks15, happy, sad and neutral alone", "83.05", 83),
        Row("systems/blocks9", "blocks9, the first one", "68.82 (val, 30 epochs), 69.80 (val, 100)"),
        Row("systems/blocks10", "blocks10, five blocks", "68.87 (val)"),
        Row("systems/blocks15-3x3", "blocks15-3x3", "69.92 (val)"))),
    "classics": ("Classic networks and deep minus shallow, 2022", (
        Row("systems/alexnet", "AlexNet", "62.28", 62.28),
        Row("systems/densenet121", "DenseNet121", "54.47 (super-resolved)", 54.47),
        Row("systems/googlenet", "GoogLeNet", "55.14 (super-resolved)", 55.14),
        Row("systems/mobilenetv3", "MobileNetV3", "61.92", 61.92),
        Row("systems/resnet18", "ResNet18", "58.20 (super-resolved)", 58.20),
        Row("systems/resnet50", "ResNet50", "61.75", 61.75),
        Row("systems/vgg11", "VGG11", "61.07 (super-resolved)", 61.07),
        Row("systems/vgg16", "VGG16", "63.59", 63.59),
        Row("systems/deep-minus-shallow", "deep minus shallow", "61.74", 62))),
    "dropout": ("ResNets and GoogLeNet with dropout, 2018", (
        Row("systems/resnet18-dropout", "ResNet18 with dropout, their rate", "69.44 (AffectNet)"),
        Row("systems/resnet18-dropout-short", "ResNet18 with dropout", "69.44 (AffectNet)"),
        Row("systems/resnet34-dropout", "ResNet34 with dropout", "72.27 (AffectNet)"),
        Row("systems/googlenet-dropout", "GoogLeNet with dropout", "75.96 (AffectNet)"))),
    "groups": ("From detected face to a blend of emotions, 2017", (
        Row("systems/groups9-six", "groups9, six classes", "58", 62),
        Row("systems/groups-shallow-six", "the shallow first attempt, six classes", "15"))),
    "widening": ("Augmentation study, 2021", (
        Row("systems/widening-plain", "widening, plain images", "curves only"),
        Row("systems/widening-augmented", "widening, plain and augmented ones", "curves only", 65))),
    "residual": ("featfer's own network", (
        Row("systems/residual", "residual", "", 72),)),
    "tuned": ("dlib's face network, fine-tuned for expression", (
        Row("study/backbone-logistic", "a linear layer on its map 256x2x2"),
        Row("study/backbone-mlp", "one hidden layer on its map 256x4x4", "", 72),
        Row(BEST_TUNED, "best vote with this network in it"))),
    "shallow": ("featfer's shallow classifiers", (
        Row("study/stages", "`fer2013`, which ships: SVM and MLP on dlib's stage 128x8x8"),
        Row(BEST_FROZEN, "best vote of SVMs and MLPs, no network trained"),
        Row("study/default-svm", "SVM on that stage"),
        Row("study/embedding-svm", "SVM on the 128-d embedding", "42.76"),
        Row("embedding/rf", "random forest on the embedding", "47.02"),
        Row("study/embedding-mlp", "MLP on the embedding", "46.84"),
        Row("study/bovw", "SVM on a bag of visual words", "67.48"))),
}

PAIRS = {  # two networks that differ in one thing: the names of the cards of both, of this page: in what
    ("blocks15", "blocks15-plain-loss"): "adversarial loss in the last epochs",
    ("resnet18-dropout-short", "resnet18-dropout"): "the recipe of the other networks here in place of theirs",
    ("widening-augmented", "widening-plain"): "augmented images beside the plain ones"}

# Of the project of 2022, test %: super-resolved, super-resolved without augmentation, raw.
CLASSICS_2022 = {
    "systems/alexnet": (61.61, 58.82, 62.28), "systems/densenet121": (54.47, 50.32, None),
    "systems/googlenet": (55.14, 52.78, None), "systems/mobilenetv3": (57.64, 55.55, 61.92),
    "systems/resnet18": (58.20, 56.82, None), "systems/resnet50": (58.14, 54.68, 61.75),
    "systems/vgg11": (61.07, 58.20, None), "systems/vgg16": (61.49, 57.29, 63.59),
    "systems/deep-minus-shallow": (60.83, None, 61.74), "study/embedding-svm": (42.83, None, 42.76),
    "embedding/rf": (46.61, None, 47.02), "study/embedding-mlp": (45.84, None, 46.84)}
STEPS_2022 = (  # of their recipe for deep minus shallow: what it learns from and how, epochs, test % after it
    ("super-resolved images, Adam at 0.001", 70, 60.51), ("raw images, Adam at 0.001", 70, 61.61),
    ("raw images, SGD at 0.01", 60, 61.57), ("raw images, SGD at 0.001", 60, 61.74))
ENLARGED = {  # the cards of those of them that are trained on enlarged images too, both by one recipe: raw, enlarged
    "systems/mobilenetv3": "superres/mobilenetv3", "systems/deep-minus-shallow": "superres/deep-minus-shallow",
    "study/embedding-svm": "superres/svm", "embedding/rf": "superres/rf", "study/embedding-mlp": "superres/mlp"}

# Class by class on FER2013's test split: precision, recall, F1. The project of 2017 gives the share of a class that is right.
CLASSES = {
    "systems/blocks15": {
        "angry": (.62, .68, .64), "disgust": (.79, .69, .74), "fear": (.56, .48, .52), "happy": (.91, .89, .90),
        "sad": (.61, .53, .57), "surprise": (.79, .80, .80), "neutral": (.63, .76, .69), "macro": (.70, .69, .69),
        "weighted": (.71, .70, .70)},
    "systems/groups9-six": {"happy": (None, .767, None), "sad": (None, .397, None), "surprise": (None, .693, None)}}

# Diagonals of row-normalised confusion matrices on AffectNet, beside which the project of 2018 sets its own.
AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
DIAGONALS = {
    "AlexNet of AffectNet's authors": dict(zip(AFFECTNET, (.734, .944, .412, .252, .362, .136, .458, .002), strict=True)),
    "the same, weighted loss": dict(zip(AFFECTNET, (.533, .728, .617, .699, .704, .686, .658, .538), strict=True)),
    "commercial API": {"neutral": .94, "happy": .85, "fear": .25, "disgust": .27, "contempt": .04}}

OTHERS = (  # method, % of test, what to know of it
    ("Kaggle winner, a CNN with the loss of an SVM", "71.16", ""),
    ("bag of visual words with local SVMs", "67.484", "the best classical entry of the challenge"),
    ("VGG, one network", "73.28", "measured on PublicTest, tuned on PrivateTest"),
    ("VGG19", "73.11", "ten crops; best epoch picked on PrivateTest"),
    ("ResNet18", "72.97", "ten crops; best epoch picked on PrivateTest"),
    ("ResNet34", "72.42", "test-time augmentation, tenfold"),
    ("DenseNet121", "73.16", "test-time augmentation, tenfold"),
    ("residual masking network", "74.14", "test-time augmentation, tenfold"),
    ("ensemble of seven networks", "76.82", ""),
    ("landmarks and HOG in sliding windows, SVM", "50.5", "users report that they cannot reproduce it"),
    ("landmarks and HOG, SVM", "48.2", ""),
    ("landmarks alone, SVM", "39.2", ""),
    ("HOG alone, SVM", "29.0", ""),
    ("human", "65 ± 5", ""),
)
