namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>A field of a protobuf message and the JSON property it becomes.</summary>
internal abstract record ProtobufField(string Name)
{
    public sealed record Text(string Name) : ProtobufField(Name);

    public sealed record Texts(string Name) : ProtobufField(Name);

    /// <param name="KeepsZero">The field is optional, so an explicit zero is kept.</param>
    public sealed record Number(string Name, bool KeepsZero = false) : ProtobufField(Name);

    public sealed record Flag(string Name) : ProtobufField(Name);

    public sealed record Message(string Name, IReadOnlyDictionary<int, ProtobufField> Fields) : ProtobufField(Name);

    public sealed record Messages(string Name, IReadOnlyDictionary<int, ProtobufField> Fields) : ProtobufField(Name);

    /// <param name="OfBytes">The values are bytes, base64 in JSON.</param>
    public sealed record Map(string Name, bool OfBytes = false) : ProtobufField(Name);

    public sealed record IntOrText(string Name) : ProtobufField(Name);

    public sealed record Ignored() : ProtobufField("");
}

/// <summary>
/// The supported messages, by kind. Field numbers are those of the <c>generated.proto</c> files of the Kubernetes API.
/// </summary>
internal static class ProtobufKinds
{
    public static IReadOnlyDictionary<int, ProtobufField> IntOrString { get; } =
        new Dictionary<int, ProtobufField>
        {
            [1] = new ProtobufField.Ignored(),
            [2] = new ProtobufField.Number("number"),
            [3] = new ProtobufField.Text("text"),
        };

    private static readonly Dictionary<int, ProtobufField> Meta = new()
    {
        [1] = new ProtobufField.Text("name"),
        [2] = new ProtobufField.Text("generateName"),
        [3] = new ProtobufField.Text("namespace"),
        [5] = new ProtobufField.Text("uid"),
        [6] = new ProtobufField.Text("resourceVersion"),
        [11] = new ProtobufField.Map("labels"),
        [12] = new ProtobufField.Map("annotations"),
        [14] = new ProtobufField.Texts("finalizers"),
    };

    private static readonly Dictionary<int, ProtobufField> DeleteOptions = new()
    {
        [1] = new ProtobufField.Number("gracePeriodSeconds", KeepsZero: true),
        [2] = new ProtobufField.Message(
            "preconditions",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("uid"),
                [2] = new ProtobufField.Text("resourceVersion"),
            }
        ),
        [3] = new ProtobufField.Flag("orphanDependents"),
        [4] = new ProtobufField.Text("propagationPolicy"),
        [5] = new ProtobufField.Texts("dryRun"),
    };

    private static readonly Dictionary<int, ProtobufField> Access = new()
    {
        [1] = new ProtobufField.Message(
            "resourceAttributes",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("namespace"),
                [2] = new ProtobufField.Text("verb"),
                [3] = new ProtobufField.Text("group"),
                [4] = new ProtobufField.Text("version"),
                [5] = new ProtobufField.Text("resource"),
                [6] = new ProtobufField.Text("subresource"),
                [7] = new ProtobufField.Text("name"),
            }
        ),
        [2] = new ProtobufField.Message(
            "nonResourceAttributes",
            new Dictionary<int, ProtobufField> { [1] = new ProtobufField.Text("path"), [2] = new ProtobufField.Text("verb") }
        ),
    };

    private static readonly Dictionary<int, ProtobufField> LabelSelector = new()
    {
        [1] = new ProtobufField.Map("matchLabels"),
        [2] = new ProtobufField.Messages(
            "matchExpressions",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("key"),
                [2] = new ProtobufField.Text("operator"),
                [3] = new ProtobufField.Texts("values"),
            }
        ),
    };

    private static readonly Dictionary<int, ProtobufField> Container = new()
    {
        [1] = new ProtobufField.Text("name"),
        [2] = new ProtobufField.Text("image"),
        [3] = new ProtobufField.Texts("command"),
        [4] = new ProtobufField.Texts("args"),
        [5] = new ProtobufField.Text("workingDir"),
        [6] = new ProtobufField.Messages(
            "ports",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("name"),
                [2] = new ProtobufField.Number("hostPort"),
                [3] = new ProtobufField.Number("containerPort"),
                [4] = new ProtobufField.Text("protocol"),
                [5] = new ProtobufField.Text("hostIP"),
            }
        ),
        [7] = new ProtobufField.Messages(
            "env",
            new Dictionary<int, ProtobufField> { [1] = new ProtobufField.Text("name"), [2] = new ProtobufField.Text("value") }
        ),
        [13] = new ProtobufField.Text("terminationMessagePath"),
        [14] = new ProtobufField.Text("imagePullPolicy"),
        [20] = new ProtobufField.Text("terminationMessagePolicy"),
    };

    private static readonly Dictionary<int, ProtobufField> PodTemplate = Object(
        2,
        new ProtobufField.Message(
            "spec",
            new Dictionary<int, ProtobufField>
            {
                [2] = new ProtobufField.Messages("containers", Container),
                [3] = new ProtobufField.Text("restartPolicy"),
                [4] = new ProtobufField.Number("terminationGracePeriodSeconds", KeepsZero: true),
                [6] = new ProtobufField.Text("dnsPolicy"),
                [7] = new ProtobufField.Map("nodeSelector"),
                [8] = new ProtobufField.Text("serviceAccountName"),
                [9] = new ProtobufField.Text("serviceAccount"),
                [10] = new ProtobufField.Text("nodeName"),
                [11] = new ProtobufField.Flag("hostNetwork"),
                [19] = new ProtobufField.Text("schedulerName"),
                [20] = new ProtobufField.Messages("initContainers", Container),
                [24] = new ProtobufField.Text("priorityClassName"),
            }
        )
    );

    private static readonly Dictionary<int, ProtobufField> JobSpec = new()
    {
        [1] = new ProtobufField.Number("parallelism", KeepsZero: true),
        [2] = new ProtobufField.Number("completions", KeepsZero: true),
        [3] = new ProtobufField.Number("activeDeadlineSeconds", KeepsZero: true),
        [6] = new ProtobufField.Message("template", PodTemplate),
        [7] = new ProtobufField.Number("backoffLimit", KeepsZero: true),
    };

    private static readonly Dictionary<int, ProtobufField> ServicePort = new()
    {
        [1] = new ProtobufField.Text("name"),
        [2] = new ProtobufField.Text("protocol"),
        [3] = new ProtobufField.Number("port"),
        [4] = new ProtobufField.IntOrText("targetPort"),
        [5] = new ProtobufField.Number("nodePort"),
    };

    private static readonly ProtobufField.Messages Rules = new(
        "rules",
        new Dictionary<int, ProtobufField>
        {
            [1] = new ProtobufField.Texts("verbs"),
            [2] = new ProtobufField.Texts("apiGroups"),
            [3] = new ProtobufField.Texts("resources"),
            [4] = new ProtobufField.Texts("resourceNames"),
            [5] = new ProtobufField.Texts("nonResourceURLs"),
        }
    );

    private static readonly Dictionary<int, ProtobufField> Binding = new()
    {
        [1] = new ProtobufField.Message("metadata", Meta),
        [2] = new ProtobufField.Messages(
            "subjects",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("kind"),
                [2] = new ProtobufField.Text("apiGroup"),
                [3] = new ProtobufField.Text("name"),
                [4] = new ProtobufField.Text("namespace"),
            }
        ),
        [3] = new ProtobufField.Message(
            "roleRef",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("apiGroup"),
                [2] = new ProtobufField.Text("kind"),
                [3] = new ProtobufField.Text("name"),
            }
        ),
    };

    public static IReadOnlyDictionary<string, Dictionary<int, ProtobufField>> All { get; } =
        new Dictionary<string, Dictionary<int, ProtobufField>>
        {
            ["DeleteOptions"] = DeleteOptions,
            ["Eviction"] = Object(2, new ProtobufField.Message("deleteOptions", DeleteOptions)),
            ["SelfSubjectReview"] = Object(2, new ProtobufField.Ignored()),
            ["SelfSubjectAccessReview"] = Object(2, new ProtobufField.Message("spec", Access)),
            ["SelfSubjectRulesReview"] = Object(2, Message("spec", (1, new ProtobufField.Text("namespace")))),
            ["TokenRequest"] = Object(
                2,
                Message(
                    "spec",
                    (1, new ProtobufField.Texts("audiences")),
                    (4, new ProtobufField.Number("expirationSeconds", KeepsZero: true))
                )
            ),
            ["Namespace"] = Object(2, Message("spec", (1, new ProtobufField.Texts("finalizers")))),
            ["ServiceAccount"] = Object(2, new ProtobufField.Messages("secrets", Meta)),
            ["ConfigMap"] = new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Message("metadata", Meta),
                [2] = new ProtobufField.Map("data"),
                [3] = new ProtobufField.Map("binaryData", OfBytes: true),
                [4] = new ProtobufField.Flag("immutable"),
            },
            ["Secret"] = new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Message("metadata", Meta),
                [2] = new ProtobufField.Map("data", OfBytes: true),
                [3] = new ProtobufField.Text("type"),
                [4] = new ProtobufField.Map("stringData"),
                [5] = new ProtobufField.Flag("immutable"),
            },
            ["Service"] = Object(
                2,
                Message(
                    "spec",
                    (1, new ProtobufField.Messages("ports", ServicePort)),
                    (2, new ProtobufField.Map("selector")),
                    (3, new ProtobufField.Text("clusterIP")),
                    (4, new ProtobufField.Text("type")),
                    (7, new ProtobufField.Text("sessionAffinity")),
                    (10, new ProtobufField.Text("externalName"))
                )
            ),
            ["Deployment"] = Object(
                2,
                Message(
                    "spec",
                    (1, new ProtobufField.Number("replicas", KeepsZero: true)),
                    (2, new ProtobufField.Message("selector", LabelSelector)),
                    (3, new ProtobufField.Message("template", PodTemplate)),
                    (
                        4,
                        Message(
                            "strategy",
                            (1, new ProtobufField.Text("type")),
                            (
                                2,
                                Message(
                                    "rollingUpdate",
                                    (1, new ProtobufField.IntOrText("maxUnavailable")),
                                    (2, new ProtobufField.IntOrText("maxSurge"))
                                )
                            )
                        )
                    )
                )
            ),
            ["Job"] = Object(2, new ProtobufField.Message("spec", JobSpec)),
            ["CronJob"] = Object(
                2,
                Message(
                    "spec",
                    (1, new ProtobufField.Text("schedule")),
                    (3, new ProtobufField.Text("concurrencyPolicy")),
                    (4, new ProtobufField.Flag("suspend")),
                    (5, new ProtobufField.Message("jobTemplate", Object(2, new ProtobufField.Message("spec", JobSpec))))
                )
            ),
            ["PodDisruptionBudget"] = Object(
                2,
                Message(
                    "spec",
                    (1, new ProtobufField.IntOrText("minAvailable")),
                    (2, new ProtobufField.Message("selector", LabelSelector)),
                    (3, new ProtobufField.IntOrText("maxUnavailable"))
                )
            ),
            ["Role"] = Object(2, Rules),
            ["ClusterRole"] = Object(2, Rules),
            ["RoleBinding"] = Binding,
            ["ClusterRoleBinding"] = Binding,
            ["CertificateSigningRequest"] = new Dictionary<int, ProtobufField>
            {
                // An approval carries only its conditions; it cannot change the request.
                [1] = new ProtobufField.Ignored(),
                [2] = new ProtobufField.Ignored(),
                [3] = Message(
                    "status",
                    (
                        1,
                        new ProtobufField.Messages(
                            "conditions",
                            new Dictionary<int, ProtobufField>
                            {
                                [1] = new ProtobufField.Text("type"),
                                [2] = new ProtobufField.Text("reason"),
                                [3] = new ProtobufField.Text("message"),
                                [4] = new ProtobufField.Ignored(),
                                [5] = new ProtobufField.Ignored(),
                                [6] = new ProtobufField.Text("status"),
                            }
                        )
                    ),
                    (2, new ProtobufField.Ignored())
                ),
            },
            ["PriorityClass"] = new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Message("metadata", Meta),
                [2] = new ProtobufField.Number("value", KeepsZero: true),
                [3] = new ProtobufField.Flag("globalDefault"),
                [4] = new ProtobufField.Text("description"),
                [5] = new ProtobufField.Text("preemptionPolicy"),
            },
        };

    /// <summary>An object with metadata, one supported part, and a status (field 3) that clients leave empty.</summary>
    private static Dictionary<int, ProtobufField> Object(int number, ProtobufField field) =>
        new()
        {
            [1] = new ProtobufField.Message("metadata", Meta),
            [number] = field,
            [3] = new ProtobufField.Ignored(),
        };

    private static ProtobufField.Message Message(string name, params ReadOnlySpan<(int Number, ProtobufField Field)> fields)
    {
        var byNumber = new Dictionary<int, ProtobufField>();
        foreach (var (number, field) in fields)
        {
            byNumber[number] = field;
        }

        return new ProtobufField.Message(name, byNumber);
    }
}
