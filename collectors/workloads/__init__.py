"""The inference suite, one file per framework and modality."""

# (framework, modality) -> module:function that loads a case; to add a workload, write its file and list it here.
WORKLOADS: dict[tuple[str, str], str] = {
    ("sklearn", "tabular"): "collectors.workloads.sklearn_tabular:load",
    ("xgboost", "tabular"): "collectors.workloads.xgboost_tabular:load",
    ("pytorch", "tabular"): "collectors.workloads.torch_models:load",
    ("pytorch", "vision"): "collectors.workloads.torch_models:load",
    ("pytorch", "audio"): "collectors.workloads.torch_models:load",
    ("pytorch", "text"): "collectors.workloads.torch_models:load",
    ("transformers", "text"): "collectors.workloads.hf_models:load",
    ("transformers", "vision"): "collectors.workloads.hf_models:load",
    ("transformers", "audio"): "collectors.workloads.hf_models:load",
    ("onnxruntime", "tabular"): "collectors.workloads.onnxruntime_models:load",
    ("onnxruntime", "text"): "collectors.workloads.onnxruntime_models:load",
    ("onnxruntime", "vision"): "collectors.workloads.onnxruntime_models:load",
    ("onnxruntime", "audio"): "collectors.workloads.onnxruntime_models:load",
    ("openvino", "tabular"): "collectors.workloads.openvino_models:load",
    ("openvino", "text"): "collectors.workloads.openvino_models:load",
    ("openvino", "vision"): "collectors.workloads.openvino_models:load",
    ("openvino", "audio"): "collectors.workloads.openvino_models:load",
}
