using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The schemas of the built-in kinds, read once per process from the official client's models and shared by all clusters. The
/// models lack list merge rules; <see cref="ListRules"/> adds them.
/// </summary>
internal static partial class KubeSchemas
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<Type, KubeSchema> ByType = [];
    private static readonly ConcurrentDictionary<KubeResource, KubeSchema?> ByResource = new();

    private static readonly Lazy<Dictionary<(string Group, string Version, string Kind), Type>> Entities = new(() =>
        typeof(V1Pod)
            .Assembly.GetTypes()
            .Where(t => t.Namespace == "k8s.Models" && !t.Name.EndsWith("List", StringComparison.Ordinal))
            .Select(t => (Type: t, Entity: t.GetCustomAttribute<KubernetesEntityAttribute>()))
            .Where(x => x.Entity is not null)
            .DistinctBy(x => (x.Entity!.Group, x.Entity.ApiVersion, x.Entity.Kind))
            .ToDictionary(x => (x.Entity!.Group, x.Entity.ApiVersion, x.Entity.Kind), x => x.Type)
    );

    private static readonly HashSet<Type> AtomicTypes =
    [
        typeof(V1LabelSelector),
        typeof(V1ObjectReference),
        typeof(V1LocalObjectReference),
        typeof(V1NodeSelector),
        typeof(V1NodeSelectorTerm),
        typeof(V1SecretReference),
        typeof(V1TypedLocalObjectReference),
        typeof(V1ObjectFieldSelector),
        typeof(V1ResourceFieldSelector),
        typeof(V1ConfigMapKeySelector),
        typeof(V1SecretKeySelector),
        typeof(V1RoleRef),
        typeof(Rbacv1Subject),
        typeof(V1OwnerReference),
        typeof(V1PersistentVolumeClaimVolumeSource),
    ];

    /// <summary>The schema of a built-in kind, or null if the models do not contain it.</summary>
    public static KubeSchema? Find(KubeResource resource) =>
        ByResource.GetOrAdd(
            resource,
            static r =>
            {
                if (!Entities.Value.TryGetValue((r.Group, r.Version, r.Kind), out var type))
                {
                    return null;
                }

                lock (Gate)
                {
                    return OfType(type);
                }
            }
        );

    /// <summary>The metadata every object has.</summary>
    public static KubeSchema ObjectMeta
    {
        get
        {
            lock (Gate)
            {
                return OfType(typeof(V1ObjectMeta));
            }
        }
    }

    private static KubeSchema OfType(Type type)
    {
        if (ByType.TryGetValue(type, out var known))
        {
            return known;
        }

        var schema = new KubeSchema
        {
            Type = "object",
            Definition = DefinitionName(type),
            IsAtomic = AtomicTypes.Contains(type),
            RetainsKeys = type == typeof(V1DeploymentStrategy),
        };
        ByType[type] = schema;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name is not { } name)
            {
                continue;
            }

            schema.Properties[name] = OfProperty(type, name, property.PropertyType);
            if (property.PropertyType.IsValueType && Nullable.GetUnderlyingType(property.PropertyType) is null)
            {
                schema.Required.Add(name);
            }
        }

        return schema;
    }

    private static KubeSchema OfProperty(Type owner, string name, Type type)
    {
        if (type == typeof(IntOrString))
        {
            return new KubeSchema
            {
                Type = "string",
                Format = "int-or-string",
                IntOrString = true,
            };
        }

        if (type == typeof(ResourceQuantity))
        {
            // Numbers are accepted too, as in the API server's decoder.
            return new KubeSchema { Type = "string", IntOrString = true };
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Primitive(type) is { } primitive)
        {
            return primitive;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
        {
            return new KubeSchema
            {
                Type = "object",
                Values = OfProperty(owner, "", type.GetGenericArguments()[1]),
                IsAtomic = name is "selector" or "nodeSelector",
            };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
        {
            var rule = ListRules.Find(owner.Name, name);
            return new KubeSchema
            {
                Type = "array",
                Items = OfProperty(owner, "", type.GetGenericArguments()[0]),
                ListKeys = rule?.Keys ?? [],
                IsSet = rule is { IsSet: true },
                IsAtomic = rule is null,
                MergesLists = rule is not null,
                MergeKey = rule?.MergeKey,
                RetainsKeys = rule is { RetainsKeys: true },
            };
        }

        return type.Namespace == "k8s.Models" ? OfType(type) : new KubeSchema { AllowsUnknown = true };
    }

    private static KubeSchema? Primitive(Type type) =>
        type switch
        {
            _ when type == typeof(string) => new KubeSchema { Type = "string" },
            _ when type == typeof(bool) => new KubeSchema { Type = "boolean" },
            _ when type == typeof(int) => new KubeSchema { Type = "integer", Format = "int32" },
            _ when type == typeof(long) => new KubeSchema { Type = "integer", Format = "int64" },
            _ when type == typeof(double) => new KubeSchema { Type = "number", Format = "double" },
            _ when type == typeof(DateTime) => new KubeSchema { Type = "string", Format = "date-time" },
            _ when type == typeof(byte[]) => new KubeSchema { Type = "string", Format = "byte" },
            _ => null,
        };

    /// <summary>
    /// Maps <c>V1PodSpec</c> to <c>io.k8s.api.v1.PodSpec</c> and <c>Corev1EndpointPort</c> to
    /// <c>io.k8s.api.corev1.EndpointPort</c>.
    /// </summary>
    private static string DefinitionName(Type type)
    {
        var match = VersionPrefix().Match(type.Name);
        return match.Success
            ? $"io.k8s.api.{match.Groups["version"].Value.ToLowerInvariant()}.{match.Groups["name"].Value}"
            : $"io.k8s.api.{type.Name}";
    }

    [GeneratedRegex("^(?<version>[A-Z][a-z]*[0-9]+((alpha|beta)[0-9]+)?)(?<name>[A-Z].*)\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex VersionPrefix();
}
