# featfer for the CPU:
#   docker build -t featfer .
#   docker run --rm -v "$PWD/photos:/photos:ro" featfer predict /photos
FROM python:3.13-slim AS build
RUN python -m venv /opt/featfer
ENV PATH=/opt/featfer/bin:$PATH
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
# PyTorch's default wheel would bring CUDA.
RUN pip install --no-cache-dir -c constraints.txt torch --index-url https://download.pytorch.org/whl/cpu
COPY featfer featfer
COPY cli cli
COPY models models
RUN pip install --no-cache-dir -c constraints.txt ".[dlib-bin,fast,video,heic,serve,export]"

FROM python:3.13-slim
RUN useradd --create-home featfer
COPY --from=build /opt/featfer /opt/featfer
ENV PATH=/opt/featfer/bin:$PATH
USER featfer
WORKDIR /home/featfer
EXPOSE 8000
ENTRYPOINT ["featfer"]
CMD ["--help"]
