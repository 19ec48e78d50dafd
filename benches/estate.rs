//! Times a run over a generated estate, step by step, beside the floor of reading and parsing.
//!
//! `cargo bench` measures 1,000, 4,000 and 16,000 files; `cargo bench -- 500 2000` others, `cargo
//! bench -- FOLDER` a folder of yours. The estate is the same every time. The floor reads the same files and runs the same parsers over
//! them, in parallel, and builds nothing.

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;

const RUNS: usize = 11;

fn main() {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let sizes = ["1000", "4000", "16000"].map(String::from);
    let asked = if asked.is_empty() { sizes.to_vec() } else { asked };
    println!("medians of {RUNS} pairs of runs, milliseconds; floor = read and parse alone");
    println!(
        "{:>7} {:>6} | {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} | {:>7} {:>7} {:>5} {:>9}",
        "files",
        "MB",
        "read",
        "parse",
        "lower",
        "link",
        "derive",
        "check",
        "whole",
        "floor",
        "ratio",
        "us/file"
    );
    for asked in asked {
        match asked.parse() {
            Ok(files) => {
                let folder = generate(files);
                measure(&folder);
                fs::remove_dir_all(&folder).unwrap();
            }
            Err(_) => measure(Path::new(&asked)),
        }
    }
}

fn measure(folder: &Path) {
    let paths = walk(folder);
    let files = paths.len();
    let bytes: u64 = paths.iter().map(|p| fs::metadata(p).unwrap().len()).sum();
    let mut wholes = Vec::new();
    let mut floors = Vec::new();
    let mut steps = Vec::new();
    // Whole and floor run in turns, so that a machine that slows down slows both of a pair.
    let mut ratios = Vec::new();
    for run in 0..RUNS {
        let start = Instant::now();
        floor(folder);
        floors.push(start.elapsed());
        let start = Instant::now();
        let (timings, findings) = seawall::timing::run(folder);
        wholes.push(start.elapsed());
        ratios.push(wholes[run].as_secs_f64() / floors[run].as_secs_f64());
        assert!(findings > 0, "an estate without a fault is no measure");
        steps.push(timings);
    }
    let ms = |mut d: Vec<Duration>| {
        d.sort();
        d[d.len() / 2].as_secs_f64() * 1000.0
    };
    let step = |f: fn(&seawall::timing::Timings) -> Duration| ms(steps.iter().map(f).collect());
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[RUNS / 2];
    let (whole, floor) = (ms(wholes), ms(floors));
    println!(
        "{files:>7} {:>6.1} | {:>7.1} {:>7.1} {:>7.1} {:>7.1} {:>7.1} {:>7.1} | {whole:>7.1} {floor:>7.1} {ratio:>5.2} {:>9.1}",
        bytes as f64 / 1e6,
        step(|t| t.read),
        step(|t| t.parse),
        step(|t| t.lower),
        step(|t| t.link),
        step(|t| t.derive),
        step(|t| t.check),
        whole * 1000.0 / files as f64,
    );
}

/// Reads and parses every file with the parsers that seawall uses, and keeps nothing.
fn floor(folder: &Path) {
    let parsed: usize = walk(folder)
        .into_par_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_default();
            match ending(&path) {
                "tf" => hcl_edit::parser::parse_body(&text).map_or(0, |body| body.len()),
                "yaml" | "yml" => {
                    granit_parser::Parser::new_from_str(&text).take_while(Result::is_ok).count()
                }
                "xml" => {
                    let mut reader = quick_xml::Reader::from_str(&text);
                    let mut events = 0;
                    while reader.read_event().is_ok_and(|e| e != quick_xml::events::Event::Eof) {
                        events += 1;
                    }
                    events
                }
                _ => text.bytes().filter(|b| *b == b';').count(),
            }
        })
        .sum();
    assert!(parsed > 0);
}

/// The files of the kinds that an estate has.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(walk(&path));
        } else if ["tf", "yaml", "yml", "xml", "sql"].contains(&ending(&path)) {
            out.push(path);
        }
    }
    out
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or("")
}

/// A folder with an estate of that many files, the same for the same number.
fn generate(files: usize) -> PathBuf {
    let root = std::env::temp_dir().join(format!("seawall-bench-{}-{files}", std::process::id()));
    let mut written = 0;
    let mut service = 0;
    while written < files {
        let folder = root.join(format!("team-{}/service-{service}", service % 40));
        for (name, text) in files_of(service) {
            if written == files {
                break;
            }
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            written += 1;
        }
        service += 1;
    }
    root
}

/// One service in four keeps a store of its own, and of these one in ten is open to the internet;
/// the others are programs with what surrounds them. Files are a few kilobytes long, as they are
/// in public repositories (4 KB on average over 42,000 of them).
fn files_of(n: usize) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("infra/variables.tf", variables_tf(n)),
        ("infra/roles.tf", roles_tf(n)),
        ("infra/logs.tf", logs_tf(n)),
        ("infra/outputs.tf", "output \"role\" {\n  value = aws_iam_role.api.arn\n}\n".to_string()),
        ("deploy/api.yaml", program_yaml(n, "api")),
        ("deploy/worker.yaml", program_yaml(n, "worker")),
        ("deploy/policy.yaml", policy_yaml(n)),
    ];
    if n.is_multiple_of(4) {
        let open = n.is_multiple_of(40);
        let password = if open {
            "<password/>"
        } else {
            "<password_sha256_hex>65e84be33532fb784c48129675f9eff3a682b27168c0ea744b2cf58ee02337c5</password_sha256_hex>"
        };
        let kind = if open { "LoadBalancer" } else { "ClusterIP" };
        files.push(("infra/main.tf", main_tf(n, open)));
        files.push(("deploy/service.yaml", service_yaml(n, kind)));
        files.push(("deploy/statefulset.yaml", statefulset_yaml(n)));
        files.push(("deploy/config.yaml", config_yaml(n, password)));
        files.push(("schema/001_events.sql", schema_sql(n)));
    } else {
        files.push(("deploy/cron.yaml", program_yaml(n, "cron")));
        files.push(("deploy/mailer.yaml", program_yaml(n, "mailer")));
        files.push(("infra/queue.tf", roles_tf(n).replace("api", "queue")));
    }
    files
}

fn variables_tf(n: usize) -> String {
    let clients = if n.is_multiple_of(40) { "0.0.0.0/0" } else { "10.0.0.0/8" };
    let mut out = format!(
        "variable \"clients\" {{\n  type    = list(string)\n  default = [\"{clients}\"]\n}}\n\nvariable \"vpc_id\" {{\n  type = string\n}}\n"
    );
    for name in ["region", "environment", "team", "image_tag", "domain", "account"] {
        let _ = writeln!(
            out,
            "\nvariable \"{name}\" {{\n  type        = string\n  description = \"The {name} that service {n} is deployed to\"\n  default     = \"{name}-{n}\"\n}}"
        );
    }
    out
}

fn roles_tf(n: usize) -> String {
    let mut out = format!(
        r#"locals {{
  tags = {{
    team        = var.team
    environment = var.environment
    service     = "service-{n}"
  }}
}}

resource "aws_iam_role" "api" {{
  name               = "service-{n}-api"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = {{ Federated = "arn:aws:iam::${{var.account}}:oidc-provider/oidc" }}
    }}]
  }})
  tags = merge(local.tags, {{ Name = "api" }})
}}
"#
    );
    for part in ["read", "write", "publish", "metrics", "secrets", "deploy"] {
        let _ = writeln!(
            out,
            r#"
resource "aws_iam_policy" "api_{part}" {{
  name        = "service-{n}-{part}"
  description = "What the api may {part}"
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      for name in ["orders", "invoices", "customers"] : {{
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:Query", "sqs:SendMessage"]
        Resource = "arn:aws:dynamodb:${{var.region}}:${{var.account}}:table/${{name}}-{part}"
      }}
    ]
  }})
}}

resource "aws_iam_role_policy_attachment" "api_{part}" {{
  role       = aws_iam_role.api.name
  policy_arn = aws_iam_policy.api_{part}.arn
}}"#
        );
    }
    out
}

fn main_tf(n: usize, public: bool) -> String {
    format!(
        r#"locals {{
  name  = "service-{n}"
  ports = {{ http = 8123, native = 9000 }}
}}

resource "aws_security_group" "db" {{
  name   = "${{local.name}}-db"
  vpc_id = var.vpc_id

  dynamic "ingress" {{
    for_each = local.ports
    content {{
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = var.clients
    }}
  }}
}}

resource "aws_instance" "db" {{
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "r5.large"
  associate_public_ip_address = {public}
  vpc_security_group_ids      = [aws_security_group.db.id]
  user_data                   = <<-EOT
    #!/bin/bash
    docker run -d --name clickhouse -p 8123:8123 -p 9000:9000 \
      -e CLICKHOUSE_PASSWORD=$PASSWORD clickhouse/clickhouse-server:24.8
  EOT
}}

resource "aws_db_instance" "orders" {{
  identifier              = "${{local.name}}-orders"
  engine                  = "postgres"
  instance_class          = "db.t3.medium"
  allocated_storage       = 50
  storage_encrypted       = true
  publicly_accessible     = false
  backup_retention_period = 14
  vpc_security_group_ids  = [aws_security_group.db.id]
}}
"#
    )
}

fn logs_tf(n: usize) -> String {
    let mut out = String::new();
    for part in ["api", "worker", "cron"] {
        let _ = writeln!(
            out,
            "resource \"aws_cloudwatch_log_group\" \"{part}\" {{\n  name              = \"/service-{n}/{part}\"\n  retention_in_days = 30\n}}\n"
        );
    }
    out
}

fn service_yaml(n: usize, kind: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: ch-{n}\n  namespace: team-{n}\nspec:\n  type: {kind}\n  selector:\n    app: ch-{n}\n  ports:\n    - name: http\n      port: 8123\n      targetPort: http\n    - name: native\n      port: 9000\n"
    )
}

fn statefulset_yaml(n: usize) -> String {
    format!(
        r"apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: ch-{n}
  namespace: team-{n}
  labels: {{app: ch-{n}}}
spec:
  serviceName: ch-{n}
  replicas: 3
  selector:
    matchLabels: {{app: ch-{n}}}
  template:
    metadata:
      labels: {{app: ch-{n}}}
    spec:
      containers:
        - name: clickhouse
          image: clickhouse/clickhouse-server:24.8
          ports:
            - {{name: http, containerPort: 8123}}
            - {{name: native, containerPort: 9000}}
          resources:
            requests: {{cpu: '1', memory: 4Gi}}
            limits: {{memory: 8Gi}}
          volumeMounts:
            - {{name: config, mountPath: /etc/clickhouse-server/users.d}}
            - {{name: data, mountPath: /var/lib/clickhouse}}
      volumes:
        - name: config
          configMap: {{name: ch-{n}}}
        - name: data
          emptyDir: {{}}
"
    )
}

fn config_yaml(n: usize, password: &str) -> String {
    format!(
        r"apiVersion: v1
kind: ConfigMap
metadata:
  name: ch-{n}
  namespace: team-{n}
data:
  users.xml: |
    <clickhouse>
      <users>
        <default>
          {password}
          <networks><ip>::/0</ip></networks>
          <profile>default</profile>
        </default>
      </users>
    </clickhouse>
"
    )
}

fn program_yaml(n: usize, part: &str) -> String {
    let name = format!("{part}-{n}");
    let mut env = String::new();
    for (i, variable) in
        ["LOG_LEVEL", "REGION", "QUEUE", "CACHE_TTL", "FEATURES", "TRACING", "PORT", "WORKERS"]
            .iter()
            .enumerate()
    {
        let _ = writeln!(env, "            - name: {variable}\n              value: \"{i}\"");
    }
    format!(
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: team-{n}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: service-{n}
    app.kubernetes.io/managed-by: hand
  annotations:
    description: "Answers what the {part} is asked"
spec:
  replicas: 3
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: service-{n}
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
        fsGroup: 2000
      containers:
        - name: {part}
          image: registry.example.com/service-{n}/{part}:1.4.{n}
          imagePullPolicy: IfNotPresent
          args: ["--listen", ":8080", "--metrics", ":9102"]
          env:
{env}            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: {name}
                  key: url
          ports:
            - name: http
              containerPort: 8080
            - name: metrics
              containerPort: 9102
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 5
            failureThreshold: 3
          livenessProbe:
            httpGet:
              path: /alive
              port: http
            initialDelaySeconds: 10
          resources:
            requests:
              cpu: 250m
              memory: 256Mi
            limits:
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: ["ALL"]
          volumeMounts:
            - name: scratch
              mountPath: /tmp
      volumes:
        - name: scratch
          emptyDir: {{}}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: {name}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: team-{n}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: team-{n}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
  namespace: team-{n}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: 3
  maxReplicas: 12
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
"#
    )
}

fn policy_yaml(n: usize) -> String {
    format!(
        r"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web-{n}, namespace: team-{n}}}
spec:
  podSelector: {{matchLabels: {{app: web-{n}}}}}
  policyTypes: [Ingress]
  ingress:
    - from: [{{podSelector: {{matchLabels: {{app: gateway}}}}}}]
      ports: [{{port: 8080}}]
"
    )
}

fn schema_sql(n: usize) -> String {
    format!(
        "CREATE TABLE events_{n}\n(\n    at DateTime,\n    service LowCardinality(String),\n    message String\n)\nENGINE = MergeTree\nORDER BY (service, at)\nTTL at + INTERVAL 30 DAY;\n"
    )
}
