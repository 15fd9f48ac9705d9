using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>The format of a patch.</summary>
public enum PatchKind
{
    Json,
    Merge,
    Strategic,
    Apply,
}

public sealed partial class LabCluster
{
    /// <summary>
    /// Patches the object. A server-side apply creates a missing object. Returns whether the object was created.
    /// </summary>
    /// <param name="check">Called with the patched object before it is stored; throws to refuse it.</param>
    /// <exception cref="KubeException">404; 409: changed meanwhile, or another manager owns the field; 415; 422.</exception>
    public (JsonObject Object, bool Created) Patch(
        KubeResource resource,
        string? ns,
        string name,
        PatchKind kind,
        JsonNode? patch,
        WriteOptions options,
        Action<JsonObject>? check = null
    ) =>
        Run(() =>
        {
            var live = _objects.Find(resource.GroupResource, Key(resource, ns, name))?.Read();
            if (live is null && (kind != PatchKind.Apply || options.Subresource.Length > 0))
            {
                throw KubeException.NotFound(resource, name);
            }

            if (kind == PatchKind.Apply)
            {
                return ApplyCore(resource, ns, name, live, patch, options, check);
            }

            var patched = Patched(resource, live!, kind, patch);
            if (patched.Name() != name || patched.Namespace() != live!.Namespace())
            {
                throw KubeException.BadRequest(
                    "the name and the namespace of an object cannot be changed: leave them out of the patch"
                );
            }

            check?.Invoke(patched);
            return (UpdateCore(resource, patched, options), false);
        });

    internal JsonObject Patched(KubeResource resource, JsonObject live, PatchKind kind, JsonNode? patch)
    {
        if (kind == PatchKind.Json)
        {
            return JsonPatch.Apply(live, patch);
        }

        if (patch is not JsonObject changes)
        {
            throw KubeException.BadRequest("the body of a patch must be an object");
        }

        if (kind == PatchKind.Merge)
        {
            return JsonPatch.Merge(live, changes)!.AsObject();
        }

        if (resource.IsCustom)
        {
            throw new KubeException(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                    + "application/merge-patch+json, application/apply-patch+yaml"
            );
        }

        return StrategicMerge.Apply(live, changes, SchemaOf(resource));
    }

    private (JsonObject, bool) ApplyCore(
        KubeResource resource,
        string? ns,
        string name,
        JsonObject? live,
        JsonNode? patch,
        WriteOptions options,
        Action<JsonObject>? check
    )
    {
        if (patch is not JsonObject applied)
        {
            throw KubeException.BadRequest("the body of an apply must be an object");
        }

        if (applied.At("metadata", "managedFields") is not null)
        {
            throw KubeException.BadRequest("metadata.managedFields must be nil");
        }

        if (options.FieldManager is not { Length: > 0 } manager)
        {
            throw new KubeException(
                422,
                "Invalid",
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
            );
        }

        applied = applied.Copy();
        applied.Metadata()["name"] ??= name;
        if (resource.Namespaced)
        {
            applied.Metadata()["namespace"] ??= ns;
        }

        applied.Metadata().Remove("creationTimestamp");
        check?.Invoke(applied);
        var merged = ManagedFields.Apply(SchemaOf(resource), live, applied, manager, options.Subresource, options.Force, Now);

        // The managed fields are already recorded; the write must not record them again as an update.
        var noted = options with
        {
            FieldManager = null,
        };
        if (live is null)
        {
            merged.Remove("status");
            return (CreateCore(resource, merged, noted), true);
        }

        if (options.Subresource.Length == 0 && resource.HasStatus)
        {
            merged.SetOrRemove("status", live["status"]?.DeepClone());
        }

        return (UpdateCore(resource, merged, noted), false);
    }
}
