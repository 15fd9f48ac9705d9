using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    // A generated name is at most a label of DNS.
    private const int MostBeforeSuffix = 58;

    /// <summary>Creates the object; its metadata holds its namespace and name.</summary>
    /// <exception cref="KubeException">
    /// 404: the namespace does not exist. 409: the object exists. 422: a field is invalid.
    /// </exception>
    public JsonObject Create(KubeResource resource, JsonObject o, WriteOptions? options = null) =>
        Run(() => CreateCore(resource, o.Copy(), options ?? WriteOptions.Default));

    /// <summary>Replaces the object, or only its status for the <c>status</c> subresource.</summary>
    /// <exception cref="KubeException">
    /// 404; 409 when <c>metadata.resourceVersion</c> is set and is not the current one.
    /// </exception>
    public JsonObject Update(KubeResource resource, JsonObject o, WriteOptions? options = null) =>
        Run(() => UpdateCore(resource, o.Copy(), options ?? WriteOptions.Default));

    /// <summary>Reads, changes and writes the object in one transaction.</summary>
    /// <exception cref="KubeException">404.</exception>
    public JsonObject Change(
        KubeResource resource,
        string? ns,
        string name,
        Action<JsonObject> change,
        WriteOptions? options = null
    ) =>
        Run(() =>
        {
            var o = (
                _objects.Find(resource.GroupResource, Key(resource, ns, name)) ?? throw KubeException.NotFound(resource, name)
            ).Read();
            change(o);
            return UpdateCore(resource, o, options ?? WriteOptions.Default);
        });

    /// <summary>
    /// Deletes an object. Returns the object while a grace period or finalizers hold it, and null once it is deleted.
    /// </summary>
    /// <exception cref="KubeException">404; 409 when a precondition fails; 403 for a protected namespace.</exception>
    public JsonObject? Delete(KubeResource resource, string? ns, string name, DeleteOptions? options = null) =>
        Run(() =>
        {
            var mirrored =
                resource == KubeResources.Pods && options is not { DryRun: true }
                    ? _objects.Find("pods", $"{ns}/{name}")?.Read()
                    : null;
            var left = DeleteCore(resource, Key(resource, ns, name), name, options ?? DeleteOptions.Default);
            if (mirrored?.Annotation(KubeadmObjects.MirrorAnnotation) is not null)
            {
                KubeadmObjects.MirrorAgain(this, mirrored);
                return null;
            }

            return left;
        });

    internal JsonObject CreateCore(KubeResource resource, JsonObject o, WriteOptions options)
    {
        var metadata = o.Metadata();
        o["apiVersion"] = resource.ApiVersion;
        o["kind"] = resource.Kind;
        if (o.Name().Length == 0 && o.Text("metadata", "generateName") is { Length: > 0 } prefix)
        {
            metadata["name"] = prefix[..Math.Min(prefix.Length, MostBeforeSuffix)] + _objects.NewSuffix();
        }

        ObjectRules.CheckName(resource, o);
        if (resource.Namespaced)
        {
            metadata["namespace"] ??= "default";
            CheckNamespace(resource, o);
        }
        else
        {
            metadata.Remove("namespace");
        }

        var key = Key(resource, o.Namespace(), o.Name());
        if (_objects.Find(resource.GroupResource, key) is not null)
        {
            throw KubeException.AlreadyExists(resource, o.Name());
        }

        if (metadata.ContainsKey("resourceVersion") && o.Text("metadata", "resourceVersion") is { Length: > 0 })
        {
            throw KubeException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        metadata["uid"] = _objects.NewUid();
        metadata["creationTimestamp"] = Now;
        metadata.Remove("deletionTimestamp");
        metadata.Remove("selfLink");
        metadata.Remove("generation");
        if (resource.HasGeneration || resource.IsCustom)
        {
            metadata["generation"] = 1;
        }

        if (resource.HasStatus && resource != KubeResources.Nodes && !InternalWrite(options))
        {
            o.Remove("status");
        }

        Defaults.Apply(this, resource, o);
        ObjectRules.Check(resource, o, before: null);
        if (options.FieldManager is { } manager && !metadata.ContainsKey("managedFields"))
        {
            ManagedFields.NoteUpdate(SchemaOf(resource), o, before: null, manager, options.Subresource, Now);
        }

        return options.DryRun ? o : PutCore(resource, key, o);
    }

    internal JsonObject UpdateCore(KubeResource resource, JsonObject o, WriteOptions options)
    {
        var key = Key(resource, o.Namespace(), o.Name());
        var stored = _objects.Find(resource.GroupResource, key) ?? throw KubeException.NotFound(resource, o.Name());
        var before = stored.Read();
        CheckPreconditions(resource, before, o.Text("metadata", "uid"), o.Text("metadata", "resourceVersion"));
        o["apiVersion"] = resource.ApiVersion;
        o["kind"] = resource.Kind;
        var after = Merge(resource, before, o, options);
        Defaults.Apply(this, resource, after);
        ObjectRules.Check(resource, after, before);
        if (options is { ByUser: true, Subresource.Length: 0 })
        {
            ImmutableFields.Check(resource, before, after, o.Text("metadata", "resourceVersion"));
        }

        if (resource.HasGeneration || resource.IsCustom)
        {
            var generation = before.Number("metadata", "generation") ?? 1;
            after.Metadata()["generation"] = HasSameSpec(before, after) ? generation : generation + 1;
        }

        if (options.FieldManager is { } manager)
        {
            ManagedFields.NoteUpdate(SchemaOf(resource), after, before, manager, options.Subresource, Now);
        }

        after.Metadata()["resourceVersion"] = before.Text("metadata", "resourceVersion");
        if (options.DryRun || JsonNode.DeepEquals(before, after))
        {
            return after;
        }

        if (after.IsDeleting() && IsReleased(resource, after))
        {
            RemoveCore(resource, key);
            return after;
        }

        return PutCore(resource, key, after);
    }

    internal JsonObject? DeleteCore(KubeResource resource, string key, string name, DeleteOptions options)
    {
        var stored = _objects.Find(resource.GroupResource, key) ?? throw KubeException.NotFound(resource, name);
        var o = stored.Read();
        CheckPreconditions(resource, o, options.Uid, options.ResourceVersion);
        if (resource == KubeResources.Namespaces)
        {
            return DeleteNamespace(o, options);
        }

        var grace = resource == KubeResources.Pods ? PodGrace(o, options.GraceSeconds) : 0;
        var finalizers = o.Metadata().ListUnder("finalizers");
        if (options.Propagation != Propagation.Background && !o.IsDeleting())
        {
            finalizers.Add(options.Propagation == Propagation.Foreground ? "foregroundDeletion" : "orphan");
        }

        if (grace == 0 && finalizers.Count == 0)
        {
            if (!options.DryRun)
            {
                RemoveCore(resource, key);
            }

            return null;
        }

        if (finalizers.Count == 0)
        {
            o.Metadata().Remove("finalizers");
        }

        if (!o.IsDeleting() || grace < o.Number("metadata", "deletionGracePeriodSeconds"))
        {
            o.Metadata()["deletionTimestamp"] = KubeJson.Stamp(_time.GetUtcNow() + TimeSpan.FromSeconds(grace));
            o.Metadata()["deletionGracePeriodSeconds"] = grace;
            if (!options.DryRun)
            {
                PutCore(resource, key, o);
            }
        }

        return o;
    }

    internal JsonObject PutCore(KubeResource resource, string key, JsonObject o)
    {
        _objects.Put(resource.GroupResource, key, o);
        if (resource == KubeResources.CustomResourceDefinitions)
        {
            RefreshCustomResources();
        }

        return o;
    }

    internal void RemoveCore(KubeResource resource, string key)
    {
        _objects.Remove(resource.GroupResource, key);
        if (resource == KubeResources.CustomResourceDefinitions)
        {
            RefreshCustomResources();
        }
    }

    /// <summary>Writes by the cluster's own components carry no field manager and may set the status directly.</summary>
    private static bool InternalWrite(WriteOptions options) => options.FieldManager is null;

    private static bool IsReleased(KubeResource resource, JsonObject o) =>
        o.At("metadata", "finalizers") is not JsonArray { Count: > 0 }
        && (resource != KubeResources.Namespaces || o.At("spec", "finalizers") is not JsonArray { Count: > 0 })
        && (o.Number("metadata", "deletionGracePeriodSeconds") ?? 0) == 0;

    private static long PodGrace(JsonObject pod, long? asked)
    {
        if (pod.Text("spec", "nodeName") is null or "" || pod.Text("status", "phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        return asked ?? pod.Number("spec", "terminationGracePeriodSeconds") ?? 30;
    }

    private static void CheckPreconditions(KubeResource resource, JsonObject current, string? uid, string? resourceVersion)
    {
        if (uid is { Length: > 0 } && uid != current.Uid())
        {
            throw KubeException.Conflict(
                resource,
                current.Name(),
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid()}"
            );
        }

        if (resourceVersion is { Length: > 0 } && resourceVersion != current.Text("metadata", "resourceVersion"))
        {
            throw KubeException.Conflict(
                resource,
                current.Name(),
                "the object has been modified; please apply your changes to the latest version and try again"
            );
        }
    }

    /// <summary>
    /// Applies the changes a write is allowed to make: all but the status, or only the status; never system-managed metadata.
    /// </summary>
    private static JsonObject Merge(KubeResource resource, JsonObject before, JsonObject asked, WriteOptions options)
    {
        JsonObject after;
        if (options.Subresource == "status")
        {
            after = before.Copy();
            after.SetOrRemove("status", asked["status"]?.DeepClone());
            after.Metadata().SetOrRemove("managedFields", asked.At("metadata", "managedFields")?.DeepClone());
        }
        else
        {
            after = asked.Copy();
            if (resource.HasStatus && !InternalWrite(options))
            {
                after.SetOrRemove("status", before["status"]?.DeepClone());
            }
        }

        foreach (
            var kept in (ReadOnlySpan<string>)
                ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"]
        )
        {
            after.Metadata().SetOrRemove(kept, before.At("metadata", kept)?.DeepClone());
        }

        if (after.At("metadata", "finalizers") is JsonArray { Count: 0 })
        {
            after.Metadata().Remove("finalizers");
        }

        return after;
    }

    private static bool HasSameSpec(JsonObject a, JsonObject b) =>
        JsonNode.DeepEquals(WithoutMetadataAndStatus(a), WithoutMetadataAndStatus(b));

    private static JsonObject WithoutMetadataAndStatus(JsonObject o)
    {
        var desire = o.Copy();
        desire.Remove("metadata");
        desire.Remove("status");
        return desire;
    }

    private void CheckNamespace(KubeResource resource, JsonObject o)
    {
        var name = o.Namespace()!;
        var ns = _objects.Find("namespaces", name)?.Read() ?? throw KubeException.NotFound(KubeResources.Namespaces, name);
        if (ns.IsDeleting())
        {
            throw new KubeException(
                403,
                "Forbidden",
                $"{resource.GroupResource} \"{o.Name()}\" is forbidden: unable to create new content in namespace {name} "
                    + "because it is being terminated"
            );
        }
    }

    private JsonObject? DeleteNamespace(JsonObject ns, DeleteOptions options)
    {
        if (ns.Name() is "default" or "kube-system" or "kube-public" or "kube-node-lease")
        {
            throw new KubeException(
                403,
                "Forbidden",
                $"namespaces \"{ns.Name()}\" is forbidden: this namespace may not be deleted"
            );
        }

        ns.Metadata()["deletionTimestamp"] ??= Now;
        ns.Under("status")["phase"] = "Terminating";
        if (!options.DryRun)
        {
            PutCore(KubeResources.Namespaces, ns.Name(), ns);
        }

        return ns;
    }
}
